import { FileError } from "../errors.js";

/** What a user changed about one image; what is absent is as the folder says. */
export interface ImageEdit {
  readonly labels?: readonly string[];
  readonly excluded?: true;
}

/** One step that can be undone: an image's edit before and after, or a label that was added. */
export type EditStep =
  | { readonly id: string; readonly before: ImageEdit | null; readonly after: ImageEdit | null }
  | { readonly addedLabel: string };

/** The content of `sightbook.labels.json`. */
export interface EditsFile {
  readonly version: 1;
  /** Labels that no folder names. */
  readonly addedLabels: readonly string[];
  /** By image id. */
  readonly edits: Readonly<Record<string, ImageEdit>>;
  /** Latest last. */
  readonly undo: readonly EditStep[];
  readonly redo: readonly EditStep[];
}

/** The file beside the images that keeps label edits. */
export const editsFileName = "sightbook.labels.json";

export const noEdits: EditsFile = { version: 1, addedLabels: [], edits: {}, undo: [], redo: [] };

/** Steps that can be undone; older ones stay done. */
const undoLimit = 1000;

/** Adds a step to the edits: it can be undone, and what was undone before cannot be redone any more. */
export function applyStep(edits: EditsFile, step: EditStep): EditsFile {
  return { ...withStep(edits, step), undo: [...edits.undo, step].slice(-undoLimit), redo: [] };
}

/** Takes the last step back; `undefined` when there is none. */
export function undoStep(edits: EditsFile): { edits: EditsFile; step: EditStep } | undefined {
  const step = edits.undo.at(-1);
  if (step === undefined) return undefined;
  return {
    step,
    edits: { ...withoutStep(edits, step), undo: edits.undo.slice(0, -1), redo: [...edits.redo, step] },
  };
}

/** Does the step again that was undone last; `undefined` when there is none. */
export function redoStep(edits: EditsFile): { edits: EditsFile; step: EditStep } | undefined {
  const step = edits.redo.at(-1);
  if (step === undefined) return undefined;
  return {
    step,
    edits: { ...withStep(edits, step), undo: [...edits.undo, step], redo: edits.redo.slice(0, -1) },
  };
}

/** What this process changed, and so decides when another process wrote the file meanwhile. */
export interface Touched {
  readonly ids: Set<string>;
  readonly labels: Set<string>;
}

/** Another process's edits with ours on top: of what both changed, ours stays. */
export function mergeEdits(theirs: EditsFile, ours: EditsFile, touched: Touched): EditsFile {
  const edits = { ...theirs.edits };
  for (const id of touched.ids) {
    const edit = ours.edits[id];
    if (edit === undefined) Reflect.deleteProperty(edits, id);
    else edits[id] = edit;
  }
  const theirLabels = theirs.addedLabels.filter((label) => !touched.labels.has(label));
  const ourLabels = ours.addedLabels.filter((label) => touched.labels.has(label));
  return { ...ours, addedLabels: [...theirLabels, ...ourLabels], edits };
}

function withStep(edits: EditsFile, step: EditStep): EditsFile {
  if ("addedLabel" in step) return { ...edits, addedLabels: [...edits.addedLabels, step.addedLabel] };
  return withEdit(edits, step.id, step.after);
}

function withoutStep(edits: EditsFile, step: EditStep): EditsFile {
  if ("addedLabel" in step) {
    return { ...edits, addedLabels: edits.addedLabels.filter((label) => label !== step.addedLabel) };
  }
  return withEdit(edits, step.id, step.before);
}

function withEdit(edits: EditsFile, id: string, edit: ImageEdit | null): EditsFile {
  const changed = { ...edits.edits };
  if (edit === null) Reflect.deleteProperty(changed, id);
  else changed[id] = edit;
  return { ...edits, edits: changed };
}

/**
 * Checks what was read from an edits file.
 *
 * @throws {@link FileError} that says what is wrong; a file that is not understood is never overwritten.
 */
export function parseEdits(path: string, content: unknown): EditsFile {
  const wayOut = "Mend it or move it away; it was left as it is.";
  if (!isObject(content)) throw new FileError(path, "is not an object of label edits", wayOut);
  if (content["version"] !== 1) {
    throw new FileError(
      path,
      `has version ${String(content["version"])}, and only version 1 is known`,
      wayOut,
    );
  }
  const { addedLabels, edits, undo = [], redo = [] } = content;
  if (!isTexts(addedLabels))
    throw new FileError(path, "its addedLabels is not a list of label names", wayOut);
  if (!isObject(edits)) throw new FileError(path, "its edits is not an object by image id", wayOut);
  const checked: Record<string, ImageEdit> = {};
  for (const [id, edit] of Object.entries(edits)) {
    if (!isEdit(edit))
      throw new FileError(path, `its edit of ${JSON.stringify(id)} is not understood`, wayOut);
    checked[id] = edit;
  }
  if (!isSteps(undo) || !isSteps(redo))
    throw new FileError(path, "its undo or redo list is not understood", wayOut);
  return { version: 1, addedLabels, edits: checked, undo, redo };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isEdit(value: unknown): value is ImageEdit {
  if (!isObject(value)) return false;
  const { labels, excluded } = value;
  const hasLabels = labels === undefined || (isTexts(labels) && labels.length > 0);
  return hasLabels && (excluded === undefined || excluded === true);
}

function isSteps(value: unknown): value is readonly EditStep[] {
  const isEditOrNull = (edit: unknown): boolean => edit === null || isEdit(edit);
  return (
    Array.isArray(value) &&
    value.every(
      (step: unknown) =>
        isObject(step) &&
        (typeof step["addedLabel"] === "string" ||
          (typeof step["id"] === "string" && isEditOrNull(step["before"]) && isEditOrNull(step["after"]))),
    )
  );
}
