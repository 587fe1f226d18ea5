import { display, type MimeBundle } from "../display.js";
import { ArgumentError } from "../errors.js";
import type { ImageProblem } from "../images/index.js";
import { describeDataset, type DatasetDescription } from "./description.js";
import { findDuplicates, type DuplicateOptions, type Duplicates } from "./duplicates.js";
import { changesOf, type EditChange } from "./editing.js";
import type { DatasetEntry, ImageRecord } from "./image-record.js";
import { checkStore, openFolder, openRecords } from "./open.js";
import type { CheckOptions, OpenOptions, RecordInput } from "./open.js";
import type { DatasetProblem } from "./problems.js";
import { chooseTrain, type SplitOptions } from "./split.js";
import type { DatasetChange, DatasetStore } from "./store.js";

export interface DatasetSplitOptions extends SplitOptions {
  /**
   * Keeps images of a group on one side: return the same text for photos of the same object, person or burst. The
   * sizes and proportions are then met only as nearly as the groups allow.
   */
  readonly groupBy?: (image: ImageRecord) => string;
}

/** What a dataset shows, derived from its store at some version. */
interface View {
  readonly version: number;
  readonly entries: readonly DatasetEntry[];
  readonly images: readonly ImageRecord[];
  readonly labels: readonly string[];
  readonly labelIndices: Int32Array;
}

/**
 * Labelled images, most often a folder root/label/image.
 *
 * `images` holds what can be used: images that are empty, truncated, oversized, unsupported or unreadable are named in
 * {@link problems} and left out, and so are images the user excluded. Datasets made by {@link split}, {@link subset} and
 * {@link filter} share images, edits and problems with the one they come from.
 */
export class ClassificationDataset {
  readonly #store: DatasetStore;
  /** Places of this view's images among the store's entries, in order; `undefined` for all. */
  readonly #places: readonly number[] | undefined;
  readonly #members: ReadonlySet<number> | undefined;
  #kept: View | undefined;

  private constructor(store: DatasetStore, ids?: readonly string[]) {
    this.#store = store;
    this.#places = ids?.map((id) => store.indexOf(id)!);
    this.#members = this.#places && new Set(this.#places);
  }

  /**
   * Opens a folder that holds one folder of images per label.
   *
   * - A label is a folder directly in `directory`, by its name in Unicode's composed form (NFC), that has at least one
   *   usable image; a folder without is named in `problems` (`"emptyLabel"`). Images at any depth below it belong to it.
   * - Files whose content is JPEG, PNG, WebP, GIF, TIFF, AVIF or uncompressed BMP are images, whatever the extension
   *   says. A file with the extension of an image that cannot be used is a problem; other files are ignored and counted.
   * - Names with a leading dot and what systems leave behind (`Thumbs.db`, `__MACOSX`, ...) are left aside.
   * - An image directly in `directory` has no label and is a problem (`"unlabelled"`).
   * - Links are followed, each real folder is read once.
   * - Order, of `labels` and of `images` by `id`, is that of Unicode code points on every platform.
   * - Label edits kept in `sightbook.labels.json` are applied.
   *
   * @throws {@link FileError} when the folder is absent, is a file, or holds no labelled image.
   */
  static async fromDirectory(directory: string, options: OpenOptions = {}): Promise<ClassificationDataset> {
    return new ClassificationDataset(await openFolder(directory, options));
  }

  /**
   * A dataset of images named one by one; label edits on it live in memory only.
   *
   * @throws {@link ArgumentError} when there is no record, an id comes twice, or a record has no label.
   */
  static async fromRecords(
    records: readonly RecordInput[],
    options: OpenOptions = {},
  ): Promise<ClassificationDataset> {
    return new ClassificationDataset(await openRecords(records, options));
  }

  /** The folder it was opened from; `undefined` for a dataset of single records. */
  get root(): string | undefined {
    return this.#store.root;
  }

  /** Label names in order of code points; a label's place is its index. Splits keep all labels, also absent ones. */
  get labels(): readonly string[] {
    return this.#current.labels;
  }

  /** The usable images in order. A new array after every change, so one that was taken stays as it is. */
  get images(): readonly ImageRecord[] {
    return this.#current.images;
  }

  /** How many usable images there are. */
  get size(): number {
    return this.#current.images.length;
  }

  /** Index into {@link labels} of each image's first label, `[size]`. */
  get labelIndices(): Int32Array {
    return this.#current.labelIndices;
  }

  /** What is left out and why, of the whole dataset this one comes from. */
  get problems(): readonly DatasetProblem[] {
    return this.#store.problems;
  }

  /**
   * All image files in order, also those left out, with what was edited and why one cannot be used. A new array after
   * every change.
   */
  get entries(): readonly DatasetEntry[] {
    return this.#current.entries;
  }

  /** The entry of one image; `undefined` for an id that is none of this dataset. */
  entry(id: string): DatasetEntry | undefined {
    const place = this.#store.indexOf(id);
    if (place === undefined || this.#members?.has(place) === false) return undefined;
    return this.#store.entries[place];
  }

  /** Images the user excluded. */
  get excluded(): readonly ImageRecord[] {
    return this.entries
      .filter(({ excluded }) => excluded)
      .map(({ image }) => image)
      .filter((image) => image !== undefined);
  }

  get #current(): View {
    const { version } = this.#store;
    if (this.#kept?.version === version) return this.#kept;
    const all = this.#store.entries;
    const entries = this.#places === undefined ? all.slice() : this.#places.map((place) => all[place]!);
    const images: ImageRecord[] = [];
    for (const { image, excluded, problem } of entries) {
      if (image !== undefined && !excluded && problem === undefined) images.push(image);
    }
    const { labels } = this.#store;
    const indexOf = new Map(labels.map((label, i) => [label, i]));
    const labelIndices = new Int32Array(images.length);
    for (const [i, image] of images.entries()) labelIndices[i] = indexOf.get(image.labels[0]!) ?? -1;
    this.#kept = {
      version,
      entries: Object.freeze(entries),
      labels,
      images: Object.freeze(images),
      labelIndices,
    };
    return this.#kept;
  }

  /** Counts per label, sizes, formats and problems; shows as a table in a notebook and as text elsewhere. */
  describe(): DatasetDescription {
    const { labels, images, labelIndices } = this.#current;
    const { root, ignoredFiles, problems } = this.#store;
    const excluded = this.excluded.length;
    return describeDataset({ root, labels, images, labelIndices, problems, ignoredFiles, excluded });
  }

  /**
   * Decodes every image once, so that damage inside a file is found before training. What is found joins `problems`.
   *
   * @returns The problems found by this check.
   * @throws {@link CancelledError} when `signal` is aborted; what was found before is kept.
   */
  async check(options: CheckOptions = {}): Promise<readonly DatasetProblem[]> {
    return checkStore(this.#store, this.images, options);
  }

  /** Takes an image out whose damage showed while it was read, such as during training. */
  addProblem(problem: ImageProblem): void {
    this.#store.addProblem(problem);
  }

  /**
   * Finds pictures that are there more than once: equal files, and other sizes, formats, qualities or slight edits of a
   * picture. Duplicates with different labels are mistakes, and duplicates on both sides of a split make an evaluation
   * too good; `dataset.split({ groupBy: duplicates.groupOf })` keeps them together. An image that turns out damaged joins
   * {@link problems}.
   */
  async findDuplicates(options: DuplicateOptions = {}): Promise<Duplicates> {
    return findDuplicates(this.images, options, (problem) => {
      this.addProblem(problem);
    });
  }

  /**
   * Splits into a training and a test set, by default with each label in the same proportion on both sides.
   *
   * Counts are those of scikit-learn's `train_test_split(train_size=..., stratify=labels)`: 0.66 of 63 images are 41
   * and 22. Both sides keep the whole list of labels and the order of the images.
   *
   * @throws {@link ArgumentError} when the request cannot be met: a share outside (0, 1), a label with one image, or a
   *   side with fewer images than there are labels.
   */
  split({ groupBy, ...options }: DatasetSplitOptions = {}): [ClassificationDataset, ClassificationDataset] {
    const { images, labels, labelIndices } = this.#current;
    const items = images.map((image, i) => ({ labelIndex: labelIndices[i]!, group: groupBy?.(image) }));
    const isTrain = chooseTrain(items, labels, options);
    return [this.filter((_, i) => isTrain[i]!), this.filter((_, i) => !isTrain[i]!)];
  }

  /**
   * The images at these places of {@link images}, in the order given.
   *
   * @throws {@link ArgumentError} for an index outside the dataset or given twice.
   */
  subset(indices: Iterable<number>): ClassificationDataset {
    const { images } = this.#current;
    const ids = new Set<string>();
    for (const index of indices) {
      const image = images[index];
      if (image === undefined || ids.has(image.id)) {
        const must = image === undefined ? `indices from 0 to ${images.length - 1}` : "different indices";
        throw new ArgumentError("ClassificationDataset.subset", "indices", must, index);
      }
      ids.add(image.id);
    }
    return new ClassificationDataset(this.#store, [...ids]);
  }

  /** The images for which `keep` holds. */
  filter(keep: (image: ImageRecord, index: number) => boolean): ClassificationDataset {
    const ids = this.images.filter(keep).map(({ id }) => id);
    return new ClassificationDataset(this.#store, ids);
  }

  /**
   * Gives an image other labels, or several at once, as one step that can be undone. The change shows at once here and in
   * every dataset of the same origin; the promise resolves when it is on the disk. If it cannot be written the promise
   * says so, and the change stays in memory and goes with the next one.
   *
   * @param ids - {@link ImageRecord.id} of one image or of several.
   * @param labels - One or more of {@link labels}; classification uses the first. Or what gives them for each image:
   *   `({ labels }) => [...labels, "chipped"]` adds one.
   */
  async setLabels(
    ids: string | readonly string[],
    labels: readonly string[] | ((entry: DatasetEntry) => readonly string[]),
  ): Promise<void> {
    const where = "ClassificationDataset.setLabels";
    const labelsOf = typeof labels === "function" ? labels : (): readonly string[] => labels;
    await this.#edit(where, ids, (entry) => ({ labels: this.#checkLabels(where, labelsOf(entry)) }));
  }

  #checkLabels(where: string, labels: readonly string[]): readonly string[] {
    const normalized = [...new Set(labels.map((label) => label.normalize("NFC")))];
    if (normalized.length === 0) {
      const wayOut = "Use exclude to leave the image out.";
      throw new ArgumentError(where, "labels", "one label or more", labels, wayOut);
    }
    const stray = normalized.find((label) => !this.labels.includes(label));
    if (stray !== undefined) {
      const wayOut = "Add a new one with addLabel first.";
      throw new ArgumentError(where, "labels", "labels of this dataset", stray, wayOut);
    }
    return normalized;
  }

  /** Leaves images out without touching their files. */
  async exclude(ids: string | readonly string[]): Promise<void> {
    await this.#edit("ClassificationDataset.exclude", ids, () => ({ excluded: true }));
  }

  /** Takes excluded images back in. */
  async restore(ids: string | readonly string[]): Promise<void> {
    await this.#edit("ClassificationDataset.restore", ids, () => ({ excluded: undefined }));
  }

  /** Adds a label that no folder names. */
  async addLabel(name: string): Promise<void> {
    const label = name.normalize("NFC").trim();
    if (label === "") throw new ArgumentError("ClassificationDataset.addLabel", "name", "a name", name);
    if (this.labels.includes(label)) return;
    if (this.#store.hasFixedLabels) {
      const wayOut = "Open the dataset without the labels option, or with this label in it.";
      throw new ArgumentError(
        "ClassificationDataset.addLabel",
        "name",
        "one of the labels it was opened with",
        name,
        wayOut,
      );
    }
    await this.#store.apply({ addedLabel: label });
  }

  /** Whether {@link undo} has something to take back. */
  get canUndo(): boolean {
    return this.#store.edits.canUndo;
  }

  /** Whether {@link redo} has something to do again. */
  get canRedo(): boolean {
    return this.#store.edits.canRedo;
  }

  /** Takes the last edit back, also one of an earlier session. @returns Whether there was one. */
  async undo(): Promise<boolean> {
    return this.#store.undo();
  }

  /** Does the edit again that was taken back last. @returns Whether there was one. */
  async redo(): Promise<boolean> {
    return this.#store.redo();
  }

  /** Calls `listener` after every change, wherever it was made. @returns A function that ends this. */
  onChange(listener: (change: DatasetChange) => void): () => void {
    return this.#store.onChange(listener);
  }

  async #edit(
    where: string,
    ids: string | readonly string[],
    change: (entry: DatasetEntry) => EditChange,
  ): Promise<void> {
    const images = changesOf(this.#store, where, typeof ids === "string" ? [ids] : ids, change);
    if (images.length > 0) await this.#store.apply({ images });
  }

  /** The description, as text and HTML: how a notebook shows a dataset. */
  [display](): MimeBundle {
    return this.describe()[display]();
  }
}
