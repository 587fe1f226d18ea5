import { Button } from "../shared/controls.js";
import { useUniqueId } from "../shared/hooks.js";

export interface NavigationProps {
  readonly position: number;
  readonly count: number;
  /** Name of the image shown. */
  readonly name: string | undefined;
  readonly onGo: (position: number) => void;
}

/** From image to image, of those that the filters leave. */
export function Navigation({ position, count, name, onGo }: NavigationProps) {
  const id = useUniqueId();
  const place = count === 0 ? "0 of 0" : `${position + 1} of ${count}`;
  return (
    <div class="sightbook-slider-row" role="group" aria-label="Navigation">
      <Button
        label="Previous image"
        icon="previous"
        iconOnly
        shortcut="ArrowLeft"
        unavailable={position === 0}
        onClick={() => {
          onGo(position - 1);
        }}
      />
      <Button
        label="Next image"
        icon="next"
        iconOnly
        shortcut="ArrowRight"
        unavailable={position + 1 >= count}
        onClick={() => {
          onGo(position + 1);
        }}
      />
      <label for={id} class="sightbook-muted">
        Image
      </label>
      <input
        id={id}
        class="sightbook-slider"
        type="range"
        min={1}
        max={Math.max(1, count)}
        value={position + 1}
        disabled={count < 2}
        aria-valuetext={name === undefined ? place : `${place}: ${name}`}
        onInput={(event) => {
          onGo(Number(event.currentTarget.value) - 1);
        }}
      />
      <output class="sightbook-place" for={id}>
        {place}
      </output>
    </div>
  );
}

/** Where a key leads; `undefined` for keys that mean nothing here, or something else to the control they are pressed in. */
export function stepOfKey(event: KeyboardEvent, position: number, count: number): number | undefined {
  if (!isPlain(event) || (event.target as Element).closest("input, select, textarea") !== null)
    return undefined;
  switch (event.key) {
    case "ArrowLeft":
      return position - 1;
    case "ArrowRight":
      return position + 1;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

/** Whether a key is pressed alone. */
export function isPlain({ altKey, ctrlKey, metaKey, shiftKey }: KeyboardEvent): boolean {
  return !altKey && !ctrlKey && !metaKey && !shiftKey;
}
