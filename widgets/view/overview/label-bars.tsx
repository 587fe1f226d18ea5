import type { OverviewState } from "../../state/index.js";

export interface LabelBarsProps {
  readonly counts: OverviewState["counts"];
  /** The label that is chosen; empty for all. */
  readonly chosen: string;
  readonly onChoose: (label: string) => void;
}

/** Images of each label as bars; each is a button that chooses its label, or all again. */
export function LabelBars({ counts, chosen, onChoose }: LabelBarsProps) {
  const all = counts.reduce((sum, { count }) => sum + count, 0);
  const largest = Math.max(1, ...counts.map(({ count }) => count));
  return (
    <div class="sightbook-label-bars" role="group" aria-label="Labels">
      {counts.map(({ label, count }) => (
        <button
          key={label}
          type="button"
          aria-pressed={label === chosen}
          title={`${((100 * count) / Math.max(1, all)).toFixed(1)} % of the images`}
          onClick={() => {
            onChoose(label === chosen ? "" : label);
          }}
        >
          <span>{label} </span>
          <span class="sightbook-label-bar">
            <i style={{ width: `${(100 * count) / largest}%` }} />
          </span>
          <span>
            {count}
            <span class="sightbook-visually-hidden"> images</span>
          </span>
        </button>
      ))}
    </div>
  );
}
