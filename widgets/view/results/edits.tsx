import type { LabelEdit, ResultsImage, ResultsState } from "../../state/index.js";
import { commandKey } from "../annotation/keys.js";
import { Button, Select, Toolbar } from "../shared/controls.js";
import { useShared } from "../shared/hooks.js";
import type { WidgetModel } from "../shared/widget-model.js";

export interface EditsProps {
  readonly widget: WidgetModel<ResultsState>;
  readonly image: ResultsImage;
  readonly edit: (edit: LabelEdit) => void;
}

/** Mends the image's label in the dataset, or takes it out. */
export function Edits({ widget, image, edit }: EditsProps) {
  const [datasetLabels] = useShared(widget, "datasetLabels");
  const [canUndo] = useShared(widget, "canUndo");
  const [canRedo] = useShared(widget, "canRedo");
  const { id, labels, absent, excluded } = image;
  const ids = [id];
  return (
    <Toolbar name="Edit">
      <Select
        label="Relabel"
        value={labels[0] ?? ""}
        choices={datasetLabels.map((value) => ({ value }))}
        disabled={absent}
        onChange={(label) => {
          edit({ action: "setLabel", ids, label });
        }}
      />
      <Button
        label={excluded ? "Restore" : "Exclude"}
        icon={excluded ? "restore" : "exclude"}
        shortcut="Delete"
        unavailable={absent}
        onClick={() => {
          edit({ action: excluded ? "restore" : "exclude", ids });
        }}
      />
      <Button
        label="Undo"
        icon="undo"
        iconOnly
        shortcut={`${commandKey}Z`}
        unavailable={!canUndo}
        onClick={() => {
          edit({ action: "undo" });
        }}
      />
      <Button
        label="Redo"
        icon="redo"
        iconOnly
        shortcut={`${commandKey}Shift+Z`}
        unavailable={!canRedo}
        onClick={() => {
          edit({ action: "redo" });
        }}
      />
    </Toolbar>
  );
}

/** The edit that a key asks for. */
export function editOfKey(event: KeyboardEvent, { id, excluded }: ResultsImage): LabelEdit | undefined {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key === "y" || (key === "z" && event.shiftKey)) return { action: "redo" };
    return key === "z" ? { action: "undo" } : undefined;
  }
  if (key !== "delete") return undefined;
  return { action: excluded ? "restore" : "exclude", ids: [id] };
}
