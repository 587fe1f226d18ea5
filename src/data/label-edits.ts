import { FileError } from "../errors.js";

/** What a user changed about one image; what is absent is as the folder says. */
export interface ImageEdit {
  readonly labels?: readonly string[];
  readonly excluded?: true;
}

/** An image's edit before and after a step; `null` for none. */
export interface ImageChange {
  readonly id: string;
  readonly before: ImageEdit | null;
  readonly after: ImageEdit | null;
}

/** One step that can be undone: changes of one image or of many at once, or a label that was added. */
export type EditStep = { readonly images: readonly ImageChange[] } | { readonly addedLabel: string };

/**
 * The content of `sightbook.labels.json`. Version 1, which is read too, knew steps of single images only: a change lay
 * directly in `undo` or `redo`.
 */
export interface EditsFile {
  readonly version: 2;
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

/** What can be undone: so many steps of together so many images; older ones stay done. */
const undoLimit = { steps: 1000, images: 100_000 };

/** What a process changed, and so decides when another process wrote the file meanwhile. */
export interface Touched {
  readonly ids: Set<string>;
  readonly labels: Set<string>;
}

/** Label edits, and the steps that led to them. */
export class LabelEdits {
  readonly #addedLabels: Set<string>;
  readonly #edits: Map<string, ImageEdit>;
  readonly #undo: EditStep[];
  readonly #redo: EditStep[];

  constructor(file?: EditsFile) {
    this.#addedLabels = new Set(file?.addedLabels);
    this.#edits = new Map(Object.entries(file?.edits ?? {}));
    this.#undo = [...(file?.undo ?? [])];
    this.#redo = [...(file?.redo ?? [])];
  }

  of(id: string): ImageEdit | undefined {
    return this.#edits.get(id);
  }

  get all(): ReadonlyMap<string, ImageEdit> {
    return this.#edits;
  }

  get addedLabels(): ReadonlySet<string> {
    return this.#addedLabels;
  }

  get canUndo(): boolean {
    return this.#undo.length > 0;
  }

  get canRedo(): boolean {
    return this.#redo.length > 0;
  }

  /** Takes a step: it can be undone, and what was undone before cannot be redone any more. */
  apply(step: EditStep): void {
    this.#do(step);
    this.#undo.push(step);
    this.#redo.length = 0;
    let images = this.#undo.reduce((sum, kept) => sum + imagesOf(kept), 0);
    while (this.#undo.length > undoLimit.steps || (images > undoLimit.images && this.#undo.length > 1)) {
      images -= imagesOf(this.#undo.shift()!);
    }
  }

  /** Takes the last step back and returns it; `undefined` when there is none. */
  undo(): EditStep | undefined {
    const step = this.#undo.pop();
    if (step === undefined) return undefined;
    if ("addedLabel" in step) this.#addedLabels.delete(step.addedLabel);
    else for (const { id, before } of step.images) this.#set(id, before);
    this.#redo.push(step);
    return step;
  }

  /** Takes the step again that was undone last and returns it; `undefined` when there is none. */
  redo(): EditStep | undefined {
    const step = this.#redo.pop();
    if (step === undefined) return undefined;
    this.#do(step);
    this.#undo.push(step);
    return step;
  }

  /**
   * Takes over another process's edits: of what both changed, ours stays.
   *
   * @returns The images whose edits are others now.
   */
  merge(theirs: EditsFile, touched: Touched): string[] {
    const changed: string[] = [];
    for (const id of [...this.#edits.keys()]) {
      if (touched.ids.has(id) || Object.hasOwn(theirs.edits, id)) continue;
      this.#edits.delete(id);
      changed.push(id);
    }
    for (const [id, edit] of Object.entries(theirs.edits)) {
      if (touched.ids.has(id) || sameEdit(edit, this.#edits.get(id) ?? null)) continue;
      this.#edits.set(id, edit);
      changed.push(id);
    }
    const ours = [...this.#addedLabels].filter((label) => touched.labels.has(label));
    const others = theirs.addedLabels.filter((label) => !touched.labels.has(label));
    this.#addedLabels.clear();
    for (const label of [...others, ...ours]) this.#addedLabels.add(label);
    return changed;
  }

  toFile(): EditsFile {
    return {
      version: 2,
      addedLabels: [...this.#addedLabels],
      edits: Object.fromEntries(this.#edits),
      undo: this.#undo,
      redo: this.#redo,
    };
  }

  #do(step: EditStep): void {
    if ("addedLabel" in step) this.#addedLabels.add(step.addedLabel);
    else for (const { id, after } of step.images) this.#set(id, after);
  }

  #set(id: string, edit: ImageEdit | null): void {
    if (edit === null) this.#edits.delete(id);
    else this.#edits.set(id, edit);
  }
}

export function sameEdit(a: ImageEdit | null, b: ImageEdit | null): boolean {
  return a?.excluded === b?.excluded && sameTexts(a?.labels ?? [], b?.labels ?? []);
}

export function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

function imagesOf(step: EditStep): number {
  return "images" in step ? step.images.length : 0;
}

/**
 * Checks what was read from an edits file.
 *
 * @throws {@link FileError} that says what is wrong; a file that is not understood is never overwritten.
 */
export function parseEdits(path: string, content: unknown): EditsFile {
  const wayOut = "Mend it or move it away; it was left as it is.";
  if (!isObject(content)) throw new FileError(path, "is not an object of label edits", wayOut);
  const { version, addedLabels, edits, undo = [], redo = [] } = content;
  if (version !== 1 && version !== 2) {
    throw new FileError(path, `has version ${String(version)}, and only versions 1 and 2 are known`, wayOut);
  }
  if (!isTexts(addedLabels))
    throw new FileError(path, "its addedLabels is not a list of label names", wayOut);
  if (!isObject(edits)) throw new FileError(path, "its edits is not an object by image id", wayOut);
  const checked: Record<string, ImageEdit> = {};
  for (const [id, edit] of Object.entries(edits)) {
    if (!isEdit(edit))
      throw new FileError(path, `its edit of ${JSON.stringify(id)} is not understood`, wayOut);
    checked[id] = edit;
  }
  const [undoSteps, redoSteps] = [parseSteps(undo), parseSteps(redo)];
  if (undoSteps === undefined || redoSteps === undefined)
    throw new FileError(path, "its undo or redo list is not understood", wayOut);
  return { version: 2, addedLabels, edits: checked, undo: undoSteps, redo: redoSteps };
}

/** Steps of version 1 or 2; `undefined` when they are neither. */
function parseSteps(value: unknown): readonly EditStep[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const steps = value.map((step: unknown) => (isChange(step) ? { images: [step] } : step));
  return steps.every(isStep) ? steps : undefined;
}

function isStep(value: unknown): value is EditStep {
  if (!isObject(value)) return false;
  const { addedLabel, images } = value;
  return typeof addedLabel === "string" || (Array.isArray(images) && images.every(isChange));
}

function isChange(value: unknown): value is ImageChange {
  const isEditOrNull = (edit: unknown): boolean => edit === null || isEdit(edit);
  return (
    isObject(value) &&
    typeof value["id"] === "string" &&
    isEditOrNull(value["before"]) &&
    isEditOrNull(value["after"])
  );
}

function isEdit(value: unknown): value is ImageEdit {
  if (!isObject(value)) return false;
  const { labels, excluded } = value;
  const hasLabels = labels === undefined || (isTexts(labels) && labels.length > 0);
  return hasLabels && (excluded === undefined || excluded === true);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
