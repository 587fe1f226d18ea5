import { Button } from "../shared/controls.js";
import { Dialog } from "../shared/dialog.js";
import { keyHelp, keyOfLabel } from "./keys.js";

/** The list of keys that `?` shows. */
export function KeyList({
  labels,
  onClose,
}: {
  readonly labels: readonly string[];
  readonly onClose: () => void;
}) {
  const mapped = labels.filter((_, place) => keyOfLabel(place) !== undefined);
  return (
    <Dialog name="Keys" class="sightbook-keys" onClose={onClose}>
      <header>
        <strong>Keys</strong>
        <Button label="Close" icon="close" iconOnly shortcut="Escape" onClick={onClose} />
      </header>
      <dl>
        {keyHelp.map(([keys, what]) => (
          <div key={keys}>
            <dt>{keys}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <strong>Labels</strong>
      <dl class="sightbook-keys-labels">
        {mapped.map((label, place) => (
          <div key={label}>
            <dt>
              <kbd>{keyOfLabel(place)}</kbd>
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
