import type { ResultsFilters, ResultsFound, ResultsOrder } from "../../state/index.js";
import { Checkbox, Select, Toolbar } from "../shared/controls.js";
import { RangeField } from "./range-field.js";

const orders: Readonly<Record<ResultsOrder, string>> = {
  mistakes: "Most confident mistakes first",
  loss: "Highest loss first",
  doubt: "Least confident first",
  name: "Name",
  dataset: "Dataset order",
};

export interface FiltersProps {
  readonly labels: readonly string[];
  readonly filters: ResultsFilters;
  readonly found: ResultsFound;
  readonly onChange: (filters: ResultsFilters) => void;
}

/** What decides which images are shown. All hold together; the numbers say what each choice would leave. */
export function Filters({ labels, filters, found, onChange }: FiltersProps) {
  const change = (part: Partial<ResultsFilters>): void => {
    onChange({ ...filters, ...part });
  };
  return (
    <Toolbar name="Filters">
      <Checkbox
        label="Right"
        checked={filters.right}
        detail={String(found.right)}
        onChange={(right) => {
          change({ right });
        }}
      />
      <Checkbox
        label="Wrong"
        checked={filters.wrong}
        detail={String(found.wrong)}
        onChange={(wrong) => {
          change({ wrong });
        }}
      />
      <LabelSelect
        name="True label"
        labels={labels}
        counts={found.trueLabel}
        value={filters.trueLabel}
        onChange={(trueLabel) => {
          change({ trueLabel });
        }}
      />
      <LabelSelect
        name="Predicted label"
        labels={labels}
        counts={found.predictedLabel}
        value={filters.predictedLabel}
        onChange={(predictedLabel) => {
          change({ predictedLabel });
        }}
      />
      <RangeField
        label="Confidence"
        value={filters.confidence}
        onChange={(confidence) => {
          change({ confidence });
        }}
      />
      <Select
        label="Sort"
        value={filters.sort}
        choices={Object.entries(orders).map(([value, text]) => ({ value, text }))}
        onChange={(sort) => {
          change({ sort: sort as ResultsOrder });
        }}
      />
    </Toolbar>
  );
}

interface LabelSelectProps {
  readonly name: string;
  readonly labels: readonly string[];
  /** Images that each label would leave. */
  readonly counts: readonly number[];
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
}

function LabelSelect({ name, labels, counts, value, onChange }: LabelSelectProps) {
  const all = counts.reduce((sum, count) => sum + count, 0);
  return (
    <Select
      label={name}
      // Empty for all: a label's own name may be anything.
      value={value === null ? "" : String(value)}
      choices={[
        { value: "", text: `All (${all})` },
        ...labels.map((label, index) => ({ value: String(index), text: `${label} (${counts[index] ?? 0})` })),
      ]}
      onChange={(chosen) => {
        onChange(chosen === "" ? null : Number(chosen));
      }}
    />
  );
}
