import type { JsonObject, Widget } from "../../kernel/index.js";
import type { ClassificationDataset } from "../../src/index.js";
import type { AnnotationState } from "../state/index.js";
import { answerQuestions } from "./answers.js";
import { ThumbnailMaker } from "./thumbnails.js";
import { jupyterDisplay, openViewWidget } from "./view-widget.js";

const pageSize = 24;

/** Shows a dataset's images and lets a person correct their labels. */
export class AnnotationUI {
  readonly #dataset: ClassificationDataset;
  readonly #widget: Widget<AnnotationState>;

  constructor(dataset: ClassificationDataset) {
    this.#dataset = dataset;
    this.#widget = openViewWidget("AnnotationView", this.#state(0), () => this.#fallback());
    const thumbnails = new ThumbnailMaker((id) => dataset.images.find((image) => image.id === id));
    answerQuestions(this.#widget, {
      thumbnails: (question: never) => thumbnails.answer(question),
    });
    this.#widget.onChange(({ page }) => {
      if (page !== undefined) this.#widget.set(this.#state(page));
    });
    this.#widget.onMessage(async ({ set, label }) => {
      if (typeof set === "string" && typeof label === "string") await dataset.setLabels(set, [label]);
    });
    dataset.onChange(() => {
      this.#widget.set(this.#state(this.#widget.state.page));
    });
  }

  [jupyterDisplay](): JsonObject {
    return (this.#widget as unknown as Record<symbol, () => JsonObject>)[jupyterDisplay]!();
  }

  #state(page: number): AnnotationState {
    const { images, labels, labelIndices } = this.#dataset;
    const counts = labels.map(() => 0);
    for (const index of labelIndices) counts[index]!++;
    const rows = images.slice(page * pageSize, (page + 1) * pageSize);
    return {
      labels,
      counts,
      page,
      pageCount: Math.ceil(images.length / pageSize),
      rows: rows.map(({ id, name, labels: own }) => ({ id, name, labels: own })),
    };
  }

  #fallback(): JsonObject {
    return { "text/plain": this.#dataset.describe().toString() };
  }
}
