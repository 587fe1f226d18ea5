import { Icon } from "../shared/icon.js";
import { keyOfLabel } from "./keys.js";

export interface LabelBarProps {
  readonly labels: readonly string[];
  readonly counts: readonly number[];
  /** How many images a click is for. */
  readonly selected: number;
  /** Labels that all selected images have. */
  readonly common: ReadonlySet<string>;
  readonly adding: boolean;
  readonly onChoose: (label: string, add: boolean) => void;
}

/** So many labels are shown to click on; the drop-down has all. */
const shown = 60;

/** The labels with their keys and counts: a click gives the selected images the label. */
export function LabelBar({ labels, counts, selected, common, adding, onChoose }: LabelBarProps) {
  return (
    <div class="sightbook-labels" role="group" aria-label="Labels and counts">
      {labels.slice(0, shown).map((label, place) => {
        const key = keyOfLabel(place);
        const has = common.has(label);
        return (
          <button
            key={label}
            type="button"
            class="sightbook-label"
            aria-pressed={has}
            disabled={selected === 0}
            title={`${adding ? "Add" : "Set"} ${label}${key === undefined ? "" : ` (${adding ? "Shift+" : ""}${key})`}`}
            onClick={(event) => {
              onChoose(label, event.shiftKey || event.ctrlKey || event.metaKey);
            }}
          >
            {key !== undefined && <kbd>{key}</kbd>}
            {has && <Icon name="check" />}
            <span class="sightbook-label-name">{label}</span>
            <span class="sightbook-label-count">{(counts[place] ?? 0).toLocaleString("en")}</span>
          </button>
        );
      })}
      {labels.length > shown && (
        <span class="sightbook-muted">and {labels.length - shown} more in the drop-down</span>
      )}
    </div>
  );
}
