import type { JsonObject, Widget } from "../../kernel/index.js";
import {
  ArgumentError,
  type ClassificationDataset,
  type ClassificationEvaluation,
  type Mistake,
} from "../../src/index.js";
import { thumbnail } from "../../src/images/index.js";
import { openSharp } from "../../src/images/sharp.js";
import {
  aboutEdit,
  aboutPicture,
  aboutThumbnails,
  allResults,
  shownProblems,
  type LabelEdit,
  type PictureQuestion,
  type ResultsFilters,
  type ResultsImage,
  type ResultsRow,
  type ResultsState,
  type ThumbnailsQuestion,
} from "../state/index.js";
import { answerQuestions } from "./answers.js";
import { confusionCells } from "./confusion-cells.js";
import { contactSheet, mistakesTable, type ShownMistake } from "./contact-sheet.js";
import { EvaluatedImages, type Selection } from "./evaluated-images.js";
import { editLabels } from "./label-edits.js";
import { answerPicture } from "./pictures.js";
import { readFilters } from "./results-filters.js";
import { ThumbnailMaker } from "./thumbnails.js";
import { displayId, displayOf, jupyterDisplay, openViewWidget, Renewal } from "./view-widget.js";

/** Neighbours shown on either side of the image. */
const neighbours = 6;

/** Mistakes in the picture that a saved notebook keeps, and the longer side of each in pixels. */
const sheetSize = 12;
const sheetPixels = 150;

/**
 * Shows what a model made of each image of a test set: filter by outcome, labels and confidence, look at the mistakes,
 * and mend labels that turn out wrong. Edits go to the dataset, as those of `AnnotationUI` do; the evaluation stays what it is.
 *
 * @example
 * const evaluation = await ClassificationEvaluation.run(model, testSet);
 * new ResultsUI(testSet, evaluation)
 */
export class ResultsUI {
  readonly #testSet: ClassificationDataset;
  readonly #evaluation: ClassificationEvaluation;
  readonly #rows: EvaluatedImages;
  readonly #widget: Widget<ResultsState>;
  readonly #stopListening: () => void;
  readonly #renewal = new Renewal(this);
  #filters: ResultsFilters = allResults;
  #selection: Selection;
  #isStale = false;

  /** @throws {@link ArgumentError} when the evaluation is of other images. */
  constructor(testSet: ClassificationDataset, evaluation: ClassificationEvaluation) {
    this.#testSet = testSet;
    this.#evaluation = evaluation;
    if (!evaluation.ids.some((id) => testSet.entry(String(id)) !== undefined)) {
      throw new ArgumentError(
        "ResultsUI",
        "evaluation",
        "of the test set's images, by their ids",
        evaluation.ids.slice(0, 3),
        "Make it with ClassificationEvaluation.run(model, testSet), or pass ids: testSet.images.map(({ id }) => id).",
      );
    }
    this.#rows = new EvaluatedImages(evaluation, (row) => this.#name(row));
    this.#selection = this.#rows.select(this.#filters);
    this.#widget = openViewWidget("ResultsView", this.#state(), () => ({}));
    const thumbnails = new ThumbnailMaker(testSet);
    answerQuestions(this.#widget, {
      [aboutThumbnails]: (question: ThumbnailsQuestion) => thumbnails.answer(question),
      [aboutPicture]: (question: PictureQuestion) => answerPicture(testSet, question),
      [aboutEdit]: (edit: LabelEdit) => this.#edit(edit),
    });
    this.#widget.onChange(({ filters, position }) => {
      if (filters !== undefined) this.#filter(filters);
      if (filters !== undefined || position !== undefined) this.#widget.set(this.#place());
    });
    this.#stopListening = testSet.onChange(() => {
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

  /** The widget; and the most confident mistakes as a picture and a table, for places without it. */
  async [jupyterDisplay](): Promise<JsonObject> {
    this.#renewal.begin();
    const all = this.#evaluation.mistakes();
    const mistakes = await Promise.all(all.slice(0, sheetSize).map((mistake) => this.#shown(mistake)));
    const count = `The ${mistakes.length} most confident of ${all.length} mistakes`;
    const shows = all.length === 0 ? "No mistakes." : `${count}.`;
    const title = `${this.#evaluation.correct} of ${this.#evaluation.size} right. ${shows}`;
    const sheet = openSharp(Buffer.from(contactSheet(title, mistakes)), {});
    const png = await sheet.png({ palette: true }).toBuffer();
    return {
      ...displayOf(this.#widget),
      "text/plain": `${this.#evaluation.toString()}. ${shows}`,
      "text/html": mistakesTable(title, mistakes),
      "image/png": png.toString("base64"),
    };
  }

  async #shown({ id, label: trueLabel, predictedLabel, confidence }: Mistake): Promise<ShownMistake> {
    const entry = this.#testSet.entry(String(id));
    const picture = entry && (await thumbnail(entry.path, sheetPixels).catch(() => undefined));
    const isMended = entry !== undefined && !entry.labels.includes(trueLabel);
    const now = entry?.excluded === true ? "excluded" : isMended ? entry.labels.join(", ") : undefined;
    return { name: entry?.name ?? String(id), trueLabel, now, predictedLabel, confidence, picture };
  }

  #state(): ResultsState {
    const { labels, confusionMatrix, size, problems } = this.#evaluation;
    return {
      labels,
      cells: confusionCells(confusionMatrix),
      size,
      problems: problems.slice(0, shownProblems).map(({ message }) => message),
      problemCount: problems.length,
      filters: this.#filters,
      said: "",
      trouble: "",
      ...this.#dataset(),
      ...this.#place(0),
    };
  }

  /** What depends on the dataset as a whole. */
  #dataset(): Pick<ResultsState, "datasetLabels" | "changedCount" | "canUndo" | "canRedo"> {
    const { labels, canUndo, canRedo } = this.#testSet;
    const { ids, labelIndices } = this.#evaluation;
    let changedCount = 0;
    ids.forEach((id, row) => {
      const label = this.#evaluation.labels[labelIndices[row]!];
      const entry = this.#testSet.entry(String(id));
      const isUsed = entry !== undefined && !entry.excluded && entry.problem === undefined;
      if (!isUsed || entry.labels[0] !== label) changedCount++;
    });
    return { datasetLabels: labels, changedCount, canUndo, canRedo };
  }

  /** What depends on the place among the images that the filters leave. */
  #place(
    position = this.#widget.state.position,
  ): Pick<ResultsState, "position" | "found" | "image" | "strip"> {
    const { rows, found } = this.#selection;
    const last = Math.max(0, rows.length - 1);
    const place = Number.isInteger(position) ? Math.min(Math.max(0, position), last) : 0;
    const first = Math.max(0, Math.min(place - neighbours, last - 2 * neighbours));
    const strip = Array.from(rows.subarray(first, first + 2 * neighbours + 1), (row, i) =>
      this.#row(first + i, row),
    );
    const row = rows[place];
    return {
      position: place,
      found: { ...found, filters: this.#filters },
      image: row === undefined ? null : this.#image(place, row),
      strip,
    };
  }

  #row(position: number, row: number): ResultsRow {
    const id = String(this.#evaluation.ids[row]);
    return { position, id, name: this.#name(row), isRight: this.#rows.isRight(row) };
  }

  #image(position: number, row: number): ResultsImage {
    const { labels, scores, labelIndices, predictions } = this.#evaluation;
    const summary = this.#row(position, row);
    const entry = this.#testSet.entry(summary.id);
    return {
      ...summary,
      trueLabel: labelIndices[row]!,
      predictedLabel: predictions[row]!,
      scores: Array.from(scores.subarray(row * labels.length, (row + 1) * labels.length)),
      loss: this.#rows.loss(row),
      labels: entry?.labels ?? [],
      absent: entry === undefined,
      excluded: entry?.excluded ?? false,
      problem: entry?.problem?.message ?? "",
      width: entry?.image?.width ?? 0,
      height: entry?.image?.height ?? 0,
    };
  }

  #name(row: number): string {
    const id = String(this.#evaluation.ids[row]);
    return id.slice(id.lastIndexOf("/") + 1);
  }

  #filter(asked: unknown): void {
    const filters = readFilters(asked, this.#evaluation.labels.length);
    if (filters === undefined) {
      this.#widget.set({ filters: this.#filters });
      return;
    }
    this.#filters = filters;
    this.#selection = this.#rows.select(filters);
  }

  async #edit(edit: LabelEdit): ReturnType<typeof editLabels> {
    try {
      const answer = await editLabels(this.#testSet, edit);
      this.#widget.set({ said: answer.content.said, trouble: "" });
      return answer;
    } catch (error) {
      this.#widget.set({ trouble: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }

  /** Many changes at once, as when a folder vanished, are shown together. */
  #refreshSoon(): void {
    if (this.#isStale) return;
    this.#isStale = true;
    setImmediate(() => {
      this.#isStale = false;
      this.#widget.set({ ...this.#dataset(), ...this.#place() });
      this.#renewal.soon();
    });
  }
}
