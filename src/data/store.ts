import { join } from "node:path";

import { errorCode, readJson, writeFileAtomic } from "../files.js";
import { compareCodePoints } from "./code-points.js";
import type { ImageRecord } from "./image-record.js";
import {
  editsFileName,
  mergeEdits,
  noEdits,
  parseEdits,
  type EditsFile,
  type EditStep,
  type Touched,
} from "./label-edits.js";
import type { DatasetProblem } from "./problems.js";

/** What changed in a dataset; `ids` names the images it concerns. */
export interface DatasetChange {
  readonly kind: "edit" | "label" | "problem";
  readonly ids: readonly string[];
}

export interface StoreContent {
  /** Folder of the images and of the edits file; without one, edits live in memory only. */
  readonly root?: string | undefined;
  /** In the dataset's order, with the labels the folder gives. */
  readonly records: readonly ImageRecord[];
  /** Labels the folder or the caller gives. */
  readonly labels: readonly string[];
  /** The labels are exactly these in this order: none is added and none is sorted. */
  readonly hasFixedLabels?: boolean;
  readonly problems: readonly DatasetProblem[];
  readonly ignoredFiles?: number;
}

/** What a dataset and everything split off it share: the images, the edits on them, and the problems found. */
export class DatasetStore {
  readonly root: string | undefined;
  readonly ignoredFiles: number;
  readonly hasFixedLabels: boolean;
  readonly #records: ReadonlyMap<string, ImageRecord>;
  readonly #baseLabels: readonly string[];
  readonly #problems: DatasetProblem[];
  readonly #problemPaths = new Set<string>();
  readonly #listeners = new Set<(change: DatasetChange) => void>();
  readonly #touched: Touched = { ids: new Set(), labels: new Set() };
  #edits: EditsFile = noEdits;
  #writing: Promise<void> | undefined;
  #waiting: Promise<void> | undefined;
  /** Counts changes, so that views know when what they keep is stale. */
  version = 0;

  constructor({ root, records, labels, hasFixedLabels = false, problems, ignoredFiles = 0 }: StoreContent) {
    this.root = root;
    this.ignoredFiles = ignoredFiles;
    this.#records = new Map(records.map((record) => [record.id, record]));
    this.#baseLabels = Object.freeze([...labels]);
    this.hasFixedLabels = hasFixedLabels;
    this.#problems = [...problems];
    for (const { path } of problems) this.#problemPaths.add(path);
  }

  /** Reads the edits kept beside the images. */
  async loadEdits(): Promise<void> {
    if (this.root === undefined) return;
    this.#edits = (await readEdits(this.root)) ?? noEdits;
  }

  get edits(): EditsFile {
    return this.#edits;
  }

  get problems(): readonly DatasetProblem[] {
    // Damage is found by parallel work: the order of finding is no order to show.
    return [...this.#problems].sort((a, b) => compareCodePoints(a.path, b.path));
  }

  get labels(): readonly string[] {
    if (this.hasFixedLabels) return this.#baseLabels;
    const labels = new Set([...this.#baseLabels, ...this.#edits.addedLabels]);
    // An edit's label counts even where its being added was lost between two notebooks.
    for (const [id, edit] of Object.entries(this.#edits.edits)) {
      if (this.#records.has(id)) for (const label of edit.labels ?? []) labels.add(label);
    }
    return Object.freeze([...labels].sort(compareCodePoints));
  }

  get ids(): readonly string[] {
    return [...this.#records.keys()];
  }

  /** The image as the folder says, without edits. */
  baseImage(id: string): ImageRecord | undefined {
    return this.#records.get(id);
  }

  isExcluded(id: string): boolean {
    return this.#edits.edits[id]?.excluded === true;
  }

  /** The image with its edits, or `undefined` when it is excluded or has a problem. */
  image(id: string): ImageRecord | undefined {
    const record = this.#records.get(id);
    if (record === undefined || this.isExcluded(id) || this.#problemPaths.has(record.path)) return undefined;
    return this.#edited(record);
  }

  /** The image with its edits, excluded or not. */
  anyImage(id: string): ImageRecord | undefined {
    const record = this.#records.get(id);
    return record && this.#edited(record);
  }

  #edited(record: ImageRecord): ImageRecord {
    const labels = this.#edits.edits[record.id]?.labels;
    return labels === undefined ? record : { ...record, labels };
  }

  addProblem(problem: DatasetProblem): void {
    if (this.#problemPaths.has(problem.path)) return;
    this.#problemPaths.add(problem.path);
    this.#problems.push(problem);
    this.version++;
    const ids = [...this.#records.values()].filter(({ path }) => path === problem.path).map(({ id }) => id);
    this.#tell({ kind: "problem", ids });
  }

  onChange(listener: (change: DatasetChange) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Replaces the edits, tells the listeners, and resolves when they are on the disk. */
  async change(edits: EditsFile, step: EditStep): Promise<void> {
    this.#edits = edits;
    this.version++;
    if ("addedLabel" in step) {
      this.#touched.labels.add(step.addedLabel);
      this.#tell({ kind: "label", ids: [] });
    } else {
      this.#touched.ids.add(step.id);
      this.#tell({ kind: "edit", ids: [step.id] });
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
    const theirs = await readEdits(this.root!);
    if (theirs !== undefined) {
      this.#edits = mergeEdits(theirs, this.#edits, this.#touched);
      this.version++;
    }
    await writeFileAtomic(path, `${JSON.stringify(this.#edits, null, 1)}\n`);
  }

  #tell(change: DatasetChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

async function readEdits(root: string): Promise<EditsFile | undefined> {
  const path = join(root, editsFileName);
  let content: unknown;
  try {
    content = await readJson(path);
  } catch (error) {
    if (error instanceof Error && errorCode(error.cause) === "ENOENT") return undefined;
    throw error;
  }
  return parseEdits(path, content);
}
