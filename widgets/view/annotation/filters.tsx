import type { AnnotationState } from "../../state/index.js";
import { Checkbox, Select, TextField, Toolbar } from "../shared/controls.js";
import { useShared } from "../shared/hooks.js";
import type { WidgetModel } from "../shared/widget-model.js";

/** Chooses which images are shown; all conditions must hold. */
export function Filters({ widget }: { readonly widget: WidgetModel<AnnotationState> }) {
  const [search, setSearch] = useShared(widget, "search");
  const [labels] = useShared(widget, "labels");
  const [counts] = useShared(widget, "counts");
  const [labelFilter, setLabelFilter] = useShared(widget, "labelFilter");
  const [onlyEdited, setOnlyEdited] = useShared(widget, "onlyEdited");
  const [onlyProblem, setOnlyProblem] = useShared(widget, "onlyProblem");
  const [onlyExcluded, setOnlyExcluded] = useShared(widget, "onlyExcluded");
  const [edited] = useShared(widget, "edited");
  const [problems] = useShared(widget, "problems");
  const [excluded] = useShared(widget, "excluded");
  const [total] = useShared(widget, "total");
  const [matching] = useShared(widget, "matching");
  const choices = labels.map((label, i) => ({ value: label, text: `${label} (${counts[i] ?? 0})` }));
  return (
    <Toolbar name="Filters">
      <TextField label="Search" type="search" placeholder="Name" value={search} onInput={setSearch} />
      <Select
        label="Filter by label"
        value={labelFilter}
        choices={[{ value: "", text: "All labels" }, ...choices]}
        onChange={setLabelFilter}
      />
      <Checkbox label="Edited" detail={String(edited)} checked={onlyEdited} onChange={setOnlyEdited} />
      <Checkbox label="Problem" detail={String(problems)} checked={onlyProblem} onChange={setOnlyProblem} />
      <Checkbox
        label="Excluded"
        detail={String(excluded)}
        checked={onlyExcluded}
        onChange={setOnlyExcluded}
      />
      <span class="sightbook-end sightbook-muted">
        {matching === total ? `${count(total)} images` : `${count(matching)} of ${count(total)} images`}
      </span>
    </Toolbar>
  );
}

function count(value: number): string {
  return value.toLocaleString("en");
}
