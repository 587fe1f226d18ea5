import { isAbsolute, relative } from "node:path";

import type { JsonObject, Widget } from "../../kernel/index.js";
import type { ClassificationDataset, DuplicateGroup, ImageRecord } from "../../src/index.js";
import { describeFacts } from "../../src/data/description.js";
import { display } from "../../src/display.js";
import {
  aboutThumbnails,
  type OverviewDuplicates,
  type OverviewImage,
  type OverviewState,
} from "../state/index.js";
import { answerQuestions } from "./answers.js";
import { sizesOf } from "./overview-sizes.js";
import { ThumbnailMaker } from "./thumbnails.js";
import { displayId, displayOf, jupyterDisplay, openViewWidget, Renewal } from "./view-widget.js";

const sampleCount = 12;
const shownGroups = 50;
const imagesOfGroup = 8;
const shownProblems = 200;

/** Up to this size duplicates are looked for at once; above it somebody has to ask. */
const searchedAtOnce = 1000;
const progressMs = 200;

/**
 * Shows what a dataset is made of: images of each label, their sizes and formats, duplicates and conflicts of their labels,
 * and what is wrong with it. A click on a label describes its images alone. It follows every edit.
 *
 * The static form is {@link ClassificationDataset.describe}, with what is known of duplicates.
 */
export class DatasetOverview {
  readonly #dataset: ClassificationDataset;
  readonly #widget: Widget<OverviewState>;
  readonly #stopListening: () => void;
  readonly #renewal = new Renewal(this);
  readonly #closed = new AbortController();
  /** As the search found them; edits since then may have changed their images. */
  #found: readonly DuplicateGroup[] = [];
  #searching: Promise<void> | undefined;
  #isStale = false;

  constructor(dataset: ClassificationDataset) {
    this.#dataset = dataset;
    const search = { phase: "none", done: 0, total: dataset.size, text: "" } as const;
    this.#widget = openViewWidget("OverviewView", { ...this.#content("", []), search }, () =>
      this.#fallback(),
    );
    const thumbnails = new ThumbnailMaker(dataset);
    answerQuestions(this.#widget, {
      [aboutThumbnails]: (question: Parameters<ThumbnailMaker["answer"]>[0]) => thumbnails.answer(question),
    });
    this.#widget.onChange(({ label }) => {
      // What comes from outside may name a label that is gone.
      if (label !== undefined) this.#refresh(dataset.labels.includes(label) ? label : "");
    });
    this.#widget.onMessage(({ find }) => {
      if (find === "duplicates") void this.findDuplicates();
    });
    this.#stopListening = dataset.onChange(() => {
      if (this.#isStale) return;
      this.#isStale = true;
      // Many edits in one turn are one change.
      setImmediate(() => {
        this.#isStale = false;
        this.#refresh(this.#widget.state.label);
        this.#renewal.soon();
      });
    });
    if (dataset.size <= searchedAtOnce) void this.findDuplicates();
  }

  /** Looks for duplicates, as the button does; resolves when they are shown, also where the search failed. */
  findDuplicates(): Promise<void> {
    this.#searching ??= this.#search().finally(() => {
      this.#searching = undefined;
    });
    return this.#searching;
  }

  async #search(): Promise<void> {
    const total = this.#dataset.size;
    this.#widget.set({ search: { phase: "running", done: 0, total, text: "Looking for duplicates" } });
    let shownAt = performance.now();
    try {
      const { groups } = await this.#dataset.findDuplicates({
        signal: this.#closed.signal,
        onProgress: ({ done }) => {
          if (performance.now() - shownAt < progressMs) return;
          shownAt = performance.now();
          this.#widget.set({ search: { phase: "running", done, total, text: `${done} of ${total}` } });
        },
      });
      this.#found = groups;
      this.#widget.set({ search: { phase: "done", done: total, total, text: "" } });
      this.#refresh(this.#widget.state.label);
      this.#renewal.soon();
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      const text = error instanceof Error ? error.message : String(error);
      this.#widget.set({ search: { phase: "failed", done: 0, total, text } });
    }
  }

  /** Removes it from every page that shows it. */
  close(): void {
    this.#stopListening();
    this.#renewal.stop();
    this.#closed.abort();
    this.#widget.close();
  }

  get [displayId](): string {
    return this.#widget.id;
  }

  [jupyterDisplay](): JsonObject {
    this.#renewal.begin();
    return displayOf(this.#widget);
  }

  #refresh(label: string): void {
    const { search } = this.#widget.state;
    const groups = this.#groups();
    this.#widget.set({
      ...this.#content(label, groups),
      ...(search.phase === "done" && { search: { ...search, text: groupsText(groups) } }),
    });
  }

  /** The duplicates with their labels as they are now, of images that are still used. */
  #groups(): DuplicateGroup[] {
    if (this.#found.length === 0) return [];
    const used = new Map(this.#dataset.images.map((image) => [image.id, image]));
    return this.#found
      .map(({ kind, images: found }) => {
        const images = found.map(({ id }) => used.get(id)).filter((image) => image !== undefined);
        const labels = new Set(images.map((image) => JSON.stringify([...image.labels].sort())));
        return { kind, images, labelsDiffer: labels.size > 1 };
      })
      .filter(({ images }) => images.length > 1);
  }

  #content(label: string, groups: readonly DuplicateGroup[]): Omit<OverviewState, "search"> {
    const { images, labels, labelIndices, problems, root } = this.#dataset;
    const description = this.#dataset.describe();
    const index = labels.indexOf(label);
    const chosen = label === "" ? images : images.filter((_, at) => labelIndices[at] === index);
    const chosenIds = new Set(chosen.map(({ id }) => id));
    const shown = groups
      .filter((group) => group.images.some(({ id }) => chosenIds.has(id)))
      .sort((a, b) => Number(b.labelsDiffer) - Number(a.labelsDiffer));
    const where = root === undefined ? "" : ` in ${fromHere(root)}`;
    return {
      title: `${images.length} images, ${labels.length} labels${where}`,
      label,
      counts: labels.map((name) => ({ label: name, count: description.labels[name]! })),
      facts: describeFacts(chosen),
      sizes: sizesOf(chosen),
      samples: spreadOver(chosen).map(imageOf),
      duplicates: shown.slice(0, shownGroups).map(duplicatesOf),
      problemCount: problems.length,
      problems: problems.slice(0, shownProblems).map(({ message }) => message),
    };
  }

  /** The description, and what is known of duplicates. */
  #fallback(): JsonObject {
    const description = this.#dataset.describe()[display]();
    const { phase, text } = this.#widget.state.search;
    if (phase !== "done") return description as JsonObject;
    return {
      "text/plain": `${String(description["text/plain"])}\n${text}`,
      "text/html": `<div>${String(description["text/html"])}<p>${text}</p></div>`,
    };
  }
}

/** The path as short as it can be said: from the notebook's folder, if the images are below it. */
function fromHere(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" || short.startsWith("..") || isAbsolute(short) ? path : short;
}

function imageOf({ id, name, labels }: ImageRecord): OverviewImage {
  return { id, name, labels };
}

function duplicatesOf({ kind, labelsDiffer, images }: DuplicateGroup): OverviewDuplicates {
  return { kind, labelsDiffer, images: images.slice(0, imagesOfGroup).map(imageOf) };
}

function spreadOver(images: readonly ImageRecord[]): ImageRecord[] {
  const count = Math.min(sampleCount, images.length);
  return Array.from({ length: count }, (_, i) => images[Math.floor((i * images.length) / count)]!);
}

function groupsText(groups: readonly DuplicateGroup[]): string {
  if (groups.length === 0) return "No picture is there twice.";
  const conflicts = groups.filter(({ labelsDiffer }) => labelsDiffer).length;
  const found = groups.length === 1 ? "1 picture is" : `${groups.length} pictures are`;
  const differ = conflicts === 0 ? "" : `; ${conflicts} with different labels, one of which is wrong`;
  return `${found} there more than once${differ}.`;
}
