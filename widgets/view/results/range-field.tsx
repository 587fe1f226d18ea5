import { useUniqueId } from "../shared/hooks.js";

export interface RangeFieldProps {
  readonly label: string;
  /** Both ends, in `[0, 1]`. */
  readonly value: readonly [least: number, most: number];
  readonly onChange: (value: readonly [least: number, most: number]) => void;
}

/** A slider with two handles, each of them a slider of its own for keys and screen readers. */
export function RangeField({ label, value, onChange }: RangeFieldProps) {
  const id = useUniqueId();
  const [least, most] = value;
  const handle = (name: string, end: 0 | 1) => (
    <input
      type="range"
      min={0}
      max={1}
      step={0.01}
      value={value[end]}
      aria-label={`${label} ${name}`}
      aria-valuetext={percent(value[end])}
      onInput={(event) => {
        const asked = Number(event.currentTarget.value);
        const next =
          end === 0 ? ([Math.min(asked, most), most] as const) : ([least, Math.max(asked, least)] as const);
        // A handle stops at the other one.
        event.currentTarget.value = String(next[end]);
        onChange(next);
      }}
    />
  );
  return (
    <span class="sightbook-field" role="group" aria-labelledby={id}>
      <span id={id} class="sightbook-muted">
        {label}
      </span>
      <span
        class="sightbook-range"
        style={{ "--sightbook-least": String(least), "--sightbook-most": String(most) }}
      >
        {handle("from", 0)}
        {handle("to", 1)}
      </span>
      <span class="sightbook-range-text">
        {percent(least)} to {percent(most)}
      </span>
    </span>
  );
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
