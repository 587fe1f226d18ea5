import { join } from "node:path";

import { errorCode, parseJson, readText, writeFileAtomic } from "../files.js";
import { compareCodePoints } from "./code-points.js";
import type { DatasetEntry, ImageFile, ImageRecord } from "./image-record.js";
import { editsFileName, LabelEdits, parseEdits, type EditStep, type Touched } from "./label-edits.js";
import type { DatasetProblem } from "./problems.js";

/** What changed in a dataset; `ids` names the images it concerns. */
export interface DatasetChange {
  readonly kind: "edit" | "label" | "problem";
  readonly ids: readonly string[];
}

export interface StoreContent {
  /** Folder of the images and of the edits file; without one, edits live in memory only. */
  readonly root?: string | undefined;
  /** In the dataset's order, with the labels the folder gives; also those that have a problem. */
  readonly files: readonly (ImageFile | ImageRecord)[];
  /** Labels the folder or the caller gives. */
  readonly labels: readonly string[];
  /** The labels are exactly these in this order: none is added and none is sorted. */
  readonly hasFixedLabels?: boolean;
  readonly problems: readonly DatasetProblem[];
  readonly ignoredFiles?: number;
}

/**
 * What a dataset and everything split off it share: the files, the edits on them, and the problems found. An edit costs
 * as much as the images it concerns, however many there are.
 */
export class DatasetStore {
  readonly root: string | undefined;
  readonly ignoredFiles: number;
  readonly hasFixedLabels: boolean;
  readonly #files: readonly (ImageFile | ImageRecord)[];
  readonly #entries: DatasetEntry[];
  readonly #indexOf: ReadonlyMap<string, number>;
  readonly #baseLabels: readonly string[];
  readonly #problems: DatasetProblem[];
  readonly #problemOf = new Map<string, DatasetProblem>();
  readonly #listeners = new Set<(change: DatasetChange) => void>();
  readonly #touched: Touched = { ids: new Set(), labels: new Set() };
  #edits = new LabelEdits();
  #labels: readonly string[] | undefined;
  #writtenText: string | undefined;
  #writing: Promise<void> | undefined;
  #waiting: Promise<void> | undefined;
  /** Counts changes, so that views know when what they keep is stale. */
  version = 0;

  constructor({ root, files, labels, hasFixedLabels = false, problems, ignoredFiles = 0 }: StoreContent) {
    this.root = root;
    this.ignoredFiles = ignoredFiles;
    this.#files = files;
    this.#indexOf = new Map(files.map(({ id }, index) => [id, index]));
    this.#baseLabels = Object.freeze([...labels]);
    this.hasFixedLabels = hasFixedLabels;
    this.#problems = [...problems];
    for (const problem of problems) {
      if (!this.#problemOf.has(problem.path)) this.#problemOf.set(problem.path, problem);
    }
    this.#entries = files.map((file) => this.#entryOf(file));
  }

  /** Reads the edits kept beside the images. */
  async loadEdits(): Promise<void> {
    if (this.root === undefined) return;
    const path = join(this.root, editsFileName);
    const text = await readIfThere(path);
    if (text === undefined) return;
    this.#writtenText = text;
    this.#edits = new LabelEdits(parseEdits(path, parseJson(path, text)));
    this.#labels = undefined;
    this.#renew(this.#edits.all.keys());
  }

  get edits(): LabelEdits {
    return this.#edits;
  }

  get problems(): readonly DatasetProblem[] {
    // Damage is found by parallel work: the order of finding is no order to show.
    return [...this.#problems].sort((a, b) => compareCodePoints(a.path, b.path));
  }

  get labels(): readonly string[] {
    this.#labels ??= this.#findLabels();
    return this.#labels;
  }

  #findLabels(): readonly string[] {
    if (this.hasFixedLabels) return this.#baseLabels;
    const labels = new Set([...this.#baseLabels, ...this.#edits.addedLabels]);
    // An edit's label counts even where its being added was lost between two notebooks.
    for (const [id, edit] of this.#edits.all) {
      if (this.#indexOf.has(id)) for (const label of edit.labels ?? []) labels.add(label);
    }
    return Object.freeze([...labels].sort(compareCodePoints));
  }

  /** All files in order, usable or not. */
  get entries(): readonly DatasetEntry[] {
    return this.#entries;
  }

  /** Place of an id among {@link entries}. */
  indexOf(id: string): number | undefined {
    return this.#indexOf.get(id);
  }

  /** The labels that the folder gives. */
  ownLabels(index: number): readonly string[] {
    return this.#files[index]!.labels;
  }

  #entryOf(file: ImageFile | ImageRecord): DatasetEntry {
    const { id, name, path } = file;
    const edit = this.#edits.of(id);
    const labels = edit?.labels ?? file.labels;
    return {
      id,
      name,
      path,
      labels,
      image: !("width" in file) ? undefined : edit?.labels === undefined ? file : { ...file, labels },
      edited: edit?.labels !== undefined,
      excluded: edit?.excluded === true,
      problem: this.#problemOf.get(path),
    };
  }

  #renew(ids: Iterable<string>): void {
    for (const id of ids) {
      const index = this.#indexOf.get(id);
      if (index !== undefined) this.#entries[index] = this.#entryOf(this.#files[index]!);
    }
    this.version++;
  }

  addProblem(problem: DatasetProblem): void {
    if (this.#problemOf.has(problem.path)) return;
    this.#problemOf.set(problem.path, problem);
    this.#problems.push(problem);
    const ids = this.#files.filter(({ path }) => path === problem.path).map(({ id }) => id);
    this.#renew(ids);
    this.#tell({ kind: "problem", ids });
  }

  onChange(listener: (change: DatasetChange) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Takes a step, tells the listeners, and resolves when it is on the disk. */
  async apply(step: EditStep): Promise<void> {
    this.#edits.apply(step);
    await this.#changed(step);
  }

  /** @returns Whether there was something to undo. */
  async undo(): Promise<boolean> {
    const step = this.#edits.undo();
    if (step !== undefined) await this.#changed(step);
    return step !== undefined;
  }

  /** @returns Whether there was something to redo. */
  async redo(): Promise<boolean> {
    const step = this.#edits.redo();
    if (step !== undefined) await this.#changed(step);
    return step !== undefined;
  }

  async #changed(step: EditStep): Promise<void> {
    if ("addedLabel" in step) {
      this.#touched.labels.add(step.addedLabel);
      this.#labels = undefined;
      this.version++;
      this.#tell({ kind: "label", ids: [] });
    } else {
      const ids = step.images.map(({ id }) => id);
      for (const id of ids) this.#touched.ids.add(id);
      this.#renew(ids);
      this.#tell({ kind: "edit", ids });
    }
    await this.#save();
  }

  /** Writes one after the other; edits made while a write runs go together into the next. */
  #save(): Promise<void> {
    if (this.root === undefined) return Promise.resolve();
    this.#waiting ??= (this.#writing ?? Promise.resolve())
      .catch(() => undefined) // that write's own caller is told
      .then(() => {
        this.#writing = this.#waiting;
        this.#waiting = undefined;
        return this.#write();
      });
    return this.#waiting;
  }

  async #write(): Promise<void> {
    const path = join(this.root!, editsFileName);
    // Another notebook may have edited the same folder meanwhile: its edits of other images stay.
    const theirs = await readIfThere(path);
    if (theirs !== undefined && theirs !== this.#writtenText) {
      const changed = this.#edits.merge(parseEdits(path, parseJson(path, theirs)), this.#touched);
      this.#labels = undefined;
      this.#renew(changed);
      this.#tell({ kind: "edit", ids: changed });
    }
    const text = `${JSON.stringify(this.#edits.toFile(), null, 1)}\n`;
    await writeFileAtomic(path, text);
    this.#writtenText = text;
  }

  #tell(change: DatasetChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readText(path);
  } catch (error) {
    if (error instanceof Error && errorCode(error.cause) === "ENOENT") return undefined;
    throw error;
  }
}
