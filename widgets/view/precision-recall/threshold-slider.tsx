import { useUniqueId } from "../shared/hooks.js";

export interface ThresholdSliderProps {
  readonly threshold: number;
  /** Thresholds of the curve, rising: keys go from one to the next. */
  readonly steps: readonly number[];
  readonly onChange: (threshold: number) => void;
}

export function ThresholdSlider({ threshold, steps, onChange }: ThresholdSliderProps) {
  const id = useUniqueId();
  return (
    <div class="sightbook-slider-row">
      <label for={id} class="sightbook-muted">
        Threshold
      </label>
      <input
        id={id}
        class="sightbook-slider"
        type="range"
        min={0}
        max={1}
        step="any"
        value={threshold}
        aria-valuetext={formatThreshold(threshold)}
        onInput={(event) => {
          // A pointer's place has digits that mean nothing.
          onChange(Number(Number(event.currentTarget.value).toFixed(4)));
        }}
        onKeyDown={(event) => {
          const next = thresholdOfKey(event, threshold, steps);
          if (next === undefined) return;
          event.preventDefault();
          onChange(next);
        }}
      />
      <output class="sightbook-place" for={id}>
        {formatThreshold(threshold)}
      </output>
    </div>
  );
}

/** Where a key leads: from one of the curve's thresholds to the next, or a tenth of them further, or to an end. */
function thresholdOfKey(
  event: KeyboardEvent,
  threshold: number,
  steps: readonly number[],
): number | undefined {
  if (event.altKey || event.ctrlKey || event.metaKey) return undefined;
  const page = Math.max(1, Math.round(steps.length / 10));
  const above = steps.findIndex((step) => step > threshold);
  const below = steps.filter((step) => step < threshold).length - 1;
  const up = (count: number): number => (above < 0 ? 1 : (steps[above + count - 1] ?? 1));
  const down = (count: number): number => (below < 0 ? 0 : (steps[below - count + 1] ?? 0));
  switch (event.key) {
    case "ArrowRight":
    case "ArrowUp":
      return up(1);
    case "ArrowLeft":
    case "ArrowDown":
      return down(1);
    case "PageUp":
      return up(page);
    case "PageDown":
      return down(page);
    case "Home":
      return 0;
    case "End":
      return 1;
    default:
      return undefined;
  }
}

export function formatThreshold(threshold: number): string {
  return threshold.toFixed(4);
}
