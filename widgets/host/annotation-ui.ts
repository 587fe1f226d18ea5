import type { JsonObject, Widget } from "../../kernel/index.js";
import type { ClassificationDataset } from "../../src/index.js";
import {
  aboutEdit,
  aboutPicture,
  aboutThumbnails,
  type AnnotationQuery,
  type AnnotationState,
  type LabelEdit,
} from "../state/index.js";
import { changedQuery, firstQuery, queryDataset } from "./annotation-query.js";
import { answerQuestions } from "./answers.js";
import { annotationFallback } from "./annotation-fallback.js";
import { editLabels } from "./label-edits.js";
import { answerPicture } from "./pictures.js";
import { ThumbnailMaker } from "./thumbnails.js";
import { displayId, displayOf, jupyterDisplay, openViewWidget, Renewal } from "./view-widget.js";

/**
 * Shows a dataset's images page by page and lets a person correct their labels with mouse and keyboard. Every edit
 * applies at once to the dataset, is kept beside its images, and can be undone, also in a later session.
 *
 * A part of a dataset, as `split` gives, works too; edits show wherever else its images are shown.
 */
export class AnnotationUI {
  readonly #dataset: ClassificationDataset;
  readonly #widget: Widget<AnnotationState>;
  readonly #thumbnails: ThumbnailMaker;
  readonly #stopListening: () => void;
  readonly #renewal = new Renewal(this);
  #query: AnnotationQuery;
  #nextIds: readonly string[];
  #isStale = false;

  constructor(dataset: ClassificationDataset) {
    this.#dataset = dataset;
    this.#thumbnails = new ThumbnailMaker(dataset);
    const { nextIds, ...shown } = queryDataset(dataset, firstQuery);
    this.#nextIds = nextIds;
    this.#query = shown;
    this.#widget = openViewWidget("AnnotationView", { ...shown, said: "", trouble: "" }, () => ({}));
    answerQuestions(this.#widget, {
      [aboutThumbnails]: async (question: Parameters<ThumbnailMaker["answer"]>[0]) => {
        const answer = await this.#thumbnails.answer(question);
        const upcoming = this.#nextIds;
        void this.#thumbnails.prefetch(upcoming, question.size, () => upcoming === this.#nextIds);
        return answer;
      },
      [aboutPicture]: (question: Parameters<typeof answerPicture>[1]) => answerPicture(dataset, question),
      [aboutEdit]: (edit: LabelEdit) => this.#edit(edit),
    });
    this.#widget.onChange((changed) => {
      this.#show(changed);
    });
    this.#stopListening = dataset.onChange(() => {
      this.#refreshSoon();
    });
  }

  /** Removes it from every page that shows it. */
  close(): void {
    this.#stopListening();
    this.#renewal.stop();
    this.#widget.close();
  }

  get [displayId](): string {
    return this.#widget.id;
  }

  /** The widget, and what stands for it on pages without a kernel. */
  async [jupyterDisplay](): Promise<JsonObject> {
    this.#renewal.begin();
    const fallback = await annotationFallback(this.#dataset, this.#thumbnails);
    return { ...displayOf(this.#widget), ...fallback };
  }

  async #edit(edit: LabelEdit): ReturnType<typeof editLabels> {
    try {
      const answer = await editLabels(this.#dataset, edit);
      this.#widget.set({ said: answer.content.said, trouble: "" });
      return answer;
    } catch (error) {
      this.#widget.set({ trouble: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }

  #show(changed: Partial<AnnotationState>): void {
    const { nextIds, ...shown } = queryDataset(this.#dataset, changedQuery(this.#query, changed));
    this.#nextIds = nextIds;
    this.#query = shown;
    this.#widget.set(shown);
  }

  /** Many changes at once, as when a folder vanished, are shown together. */
  #refreshSoon(): void {
    if (this.#isStale) return;
    this.#isStale = true;
    setImmediate(() => {
      this.#isStale = false;
      this.#show({});
      this.#renewal.soon();
    });
  }
}
