/** What the widgets look like beyond their first state: each after something that a person did, or that happened. */
import type { Page } from "playwright-core";

import {
  allResults,
  type AnnotationState,
  type MonitorState,
  type OverviewState,
  type PrecisionRecallState,
  type ResultsState,
} from "../../widgets/state/index.js";
import { exampleWidgets, type WidgetName } from "./example-states.js";

/** Few images keep the pictures small. */
const rows = exampleWidgets.annotation.state.rows.slice(0, 4);
const { image, strip, found } = exampleWidgets.results.state;
const { choice, point } = exampleWidgets["precision-recall"].state;
const noRoom =
  "/data/tableware/sightbook.labels.json: could not be written (the disk is full). Make room on it.";
const filters = { ...allResults, right: false, trueLabel: 1 };

interface FurtherLook<State> {
  readonly further: string;
  readonly theme: "light" | "dark";
  readonly width: number;
  readonly height?: number;
  /** What differs from the widget's example state. */
  readonly state?: Partial<State>;
  readonly hasKernel?: false;
  /** What a person does, one thing after another. */
  readonly steps?: readonly ((page: Page) => Promise<void>)[];
}

const annotation: readonly FurtherLook<AnnotationState>[] = [
  {
    further: "selected",
    theme: "dark",
    width: 700,
    state: { rows, total: 4, matching: 4, pageCount: 1, trouble: noRoom },
    steps: [
      (page) => page.getByRole("option", { name: /^bowl-01/ }).click(),
      (page) => page.getByRole("option", { name: /^bowl-04/ }).click({ modifiers: ["Shift"] }),
      (page) => page.getByRole("checkbox", { name: "Add" }).check(),
    ],
  },
  {
    further: "zoomed",
    theme: "light",
    width: 480,
    height: 560,
    state: { rows, total: 4, matching: 4 },
    steps: [
      (page) => page.getByRole("option", { name: /^bowl-02/ }).dblclick(),
      (page) => page.getByRole("button", { name: "Zoom in" }).click(),
    ],
  },
  {
    further: "keys",
    theme: "light",
    width: 560,
    steps: [(page) => page.getByRole("button", { name: "Keys" }).click()],
  },
  {
    further: "empty",
    theme: "light",
    width: 400,
    state: { rows: [], matching: 0, pageCount: 1, search: "spoon", onlyEdited: true },
  },
  { further: "ended", theme: "light", width: 700, hasKernel: false },
];

const overview: readonly FurtherLook<OverviewState>[] = [
  {
    further: "problems",
    theme: "dark",
    width: 700,
    state: {
      label: "cup",
      samples: [],
      duplicates: [],
      search: { phase: "running", done: 20, total: 63, text: "20 of 63" },
      problemCount: 250,
      problems: Array.from(
        { length: 6 },
        (_, i) => `cup-0${i}.jpg: the file ends early. Copy it again from where it came.`,
      ),
    },
    steps: [(page) => page.getByText("250 problems, left out").click()],
  },
  { further: "ended", theme: "dark", width: 400, hasKernel: false },
];

const precisionRecall: readonly FurtherLook<PrecisionRecallState>[] = [
  {
    further: "moved",
    theme: "light",
    width: 700,
    state: {
      choice: { of: 4, threshold: 0.8 },
      curve: { ...exampleWidgets["precision-recall"].state.curve, of: 4 },
      point: { ...point, of: 4, threshold: 0.8 },
    },
    steps: [(page) => page.getByRole("slider", { name: "Threshold" }).focus()],
  },
  {
    further: "unmeasured",
    theme: "dark",
    width: 400,
    state: {
      curve: { of: choice.of, thresholds: [], precision: [], recall: [], averagePrecision: null },
      point: { ...point, recall: null },
    },
  },
];

const results: readonly FurtherLook<ResultsState>[] = [
  {
    further: "filtered",
    theme: "dark",
    width: 400,
    state: {
      filters,
      found: { ...found, filters, count: 1 },
      position: 0,
      image: { ...image!, position: 0, absent: true },
      strip: strip.slice(1, 2).map((row) => ({ ...row, position: 0 })),
      trouble: noRoom,
    },
  },
  {
    further: "empty",
    theme: "light",
    width: 700,
    state: { filters, found: { ...found, filters, count: 0 }, position: 0, image: null, strip: [] },
  },
  { further: "ended", theme: "light", width: 900, hasKernel: false },
];

const training: readonly FurtherLook<MonitorState>[] = [
  {
    further: "failed",
    theme: "light",
    width: 700,
    state: { phase: "failed", message: "ImageClassifier.fit: no image could be read. See dataset.problems." },
  },
  {
    further: "stopped",
    theme: "dark",
    width: 400,
    state: { phase: "stopped", message: "Stopped after 8 of 15 epochs; the model keeps epoch 8." },
    steps: [(page) => page.getByText("Numbers").click()],
  },
];

/** By the widget they are of. */
export const furtherLooks: Partial<Record<WidgetName, readonly FurtherLook<unknown>[]>> = {
  annotation,
  overview,
  "precision-recall": precisionRecall,
  results,
  training,
};
