import type { ClassificationDataset, DatasetEntry } from "../../src/index.js";
import type { LabelEdit, LabelEditAnswer } from "../state/index.js";
import type { AnswerContent } from "./answers.js";

/**
 * Edits a dataset's labels as a view asks, each time as one step that can be undone. What it is given comes from outside:
 * the dataset itself refuses images and labels that are none of its own.
 *
 * @returns A sentence that says what was done, once it is on the disk.
 */
export async function editLabels(
  dataset: ClassificationDataset,
  edit: LabelEdit,
): Promise<AnswerContent & { readonly content: LabelEditAnswer }> {
  return { content: { said: await apply(dataset, edit) } };
}

async function apply(dataset: ClassificationDataset, edit: LabelEdit): Promise<string> {
  switch (edit.action) {
    case "setLabel":
      return change(dataset, idsOf(edit), (ids) => dataset.setLabels(ids, [edit.label]));
    case "toggleLabel":
      return change(dataset, idsOf(edit), (ids) => toggleLabel(dataset, ids, edit.label));
    case "exclude":
      return change(dataset, idsOf(edit), (ids) => dataset.exclude(ids));
    case "restore":
      return change(dataset, idsOf(edit), (ids) => dataset.restore(ids));
    case "addLabel": {
      const label = edit.label.normalize("NFC").trim();
      const isNew = !dataset.labels.includes(label);
      await dataset.addLabel(label);
      return isNew ? `${label} is a new label. ${undoHint}` : `${label} is a label already.`;
    }
    case "undo":
      return dataset.canUndo
        ? turnBack(dataset, "Undone", () => dataset.undo())
        : "There is nothing to undo.";
    case "redo":
      return dataset.canRedo
        ? turnBack(dataset, "Done again", () => dataset.redo())
        : "There is nothing to redo.";
    default:
      throw new TypeError(`There is no edit ${JSON.stringify((edit as { action: unknown }).action)}.`);
  }
}

/** How the status tells people that a slip is no harm. */
const undoHint = "Undo: Ctrl+Z";

function idsOf({ ids }: { readonly ids: readonly string[] }): readonly string[] {
  if (!Array.isArray(ids) || ids.length === 0 || !ids.every((id) => typeof id === "string")) {
    throw new TypeError("An edit must name the images it is for by their ids.");
  }
  return ids;
}

async function toggleLabel(
  dataset: ClassificationDataset,
  ids: readonly string[],
  label: string,
): Promise<void> {
  const all = ids.every((id) => dataset.entry(id)?.labels.includes(label));
  await dataset.setLabels(ids, ({ labels }) => {
    if (!all) return [...labels, label];
    // Its last label stays: an image that is to have none is excluded.
    return labels.length > 1 ? labels.filter((own) => own !== label) : labels;
  });
}

async function change(
  dataset: ClassificationDataset,
  ids: readonly string[],
  make: (ids: readonly string[]) => Promise<unknown>,
): Promise<string> {
  const changed = await changedBy(dataset, () => make(ids));
  if (changed === undefined) return describe(dataset, ids, "already");
  return `${describe(dataset, changed, "now")} ${undoHint}`;
}

async function turnBack(
  dataset: ClassificationDataset,
  what: string,
  make: () => Promise<unknown>,
): Promise<string> {
  const changed = await changedBy(dataset, make);
  if (changed?.length === 0) return `${what}: the labels are now ${dataset.labels.join(", ")}.`;
  return `${what}: ${describe(dataset, changed ?? [], "now")}`;
}

/** The images that a change concerned; none for a label that came or went, `undefined` when there was no change. */
async function changedBy(
  dataset: ClassificationDataset,
  make: () => Promise<unknown>,
): Promise<readonly string[] | undefined> {
  let changed: readonly string[] | undefined;
  // The dataset tells of a change before its first wait, so nobody else's comes between.
  const stop = dataset.onChange(({ ids }) => (changed ??= ids));
  const written = make();
  stop();
  await written;
  return changed;
}

function describe(dataset: ClassificationDataset, ids: readonly string[], when: "now" | "already"): string {
  const entries = ids.map((id) => dataset.entry(id)).filter((entry) => entry !== undefined);
  const first = entries[0];
  // A step of the whole dataset may concern images that this part of it does not have.
  if (first === undefined) return "images that are not shown here changed.";
  const subject = entries.length === 1 ? `${first.name} is` : `${entries.length} images are`;
  const states = new Set(entries.map(stateOf));
  if (states.size === 1) return `${subject} ${when} ${stateOf(first)}.`;
  if (entries.every(({ excluded }) => !excluded))
    return `${subject} ${when} included, with labels of their own.`;
  return `${subject} ${when} of different states.`;
}

function stateOf({ excluded, labels }: DatasetEntry): string {
  return excluded ? "excluded" : labels.join(", ") || "without label";
}
