/** A state of each widget as the tableware sample gives it: the same every time, and rich enough to be looked at. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

import {
  allResults,
  type AnnotationRow,
  type AnnotationState,
  type MonitorState,
  type OverviewState,
  type PrecisionRecallState,
  type ResultsState,
} from "../../widgets/state/index.js";
import { repositoryRoot } from "../support.js";

/** Where the sample's images lie; a state's ids are paths below it. */
export const tableware = join(repositoryRoot, "notebooks", "sample_data", "tableware");

const labels = ["bowl", "cup", "cutlery", "plate"];
const filesOf = (label: string): string[] => readdirSync(join(tableware, label)).sort();
const counts = labels.map((label) => filesOf(label).length);
const total = counts.reduce((a, b) => a + b);
const images = labels.flatMap((label) =>
  filesOf(label).map((name) => ({ id: `${label}/${name}`, name, labels: [label] })),
);
const spread = Array.from({ length: 12 }, (_, i) => images[Math.floor((i * total) / 12)]!);

const problem = "cup-04.jpg: the file ends early. Copy it again from where it came.";
const rows: readonly AnnotationRow[] = images
  .slice(0, 15)
  .map((image) => ({ ...image, edited: false, excluded: false, problem: "" }))
  .map((row) => {
    if (row.name === "bowl-02.jpg") return { ...row, labels: ["plate", "bowl"], edited: true };
    if (row.name === "bowl-04.jpg") return { ...row, excluded: true };
    return row.name === "cup-04.jpg" ? { ...row, problem } : row;
  });

const annotation: AnnotationState = {
  page: 0,
  pageSize: 15,
  search: "",
  labelFilter: "",
  onlyEdited: false,
  onlyProblem: false,
  onlyExcluded: false,
  labels,
  counts,
  total,
  matching: total,
  edited: 1,
  problems: 1,
  excluded: 1,
  pageCount: Math.ceil(total / 15),
  rows,
  canUndo: true,
  canRedo: false,
  said: "bowl-04.jpg is now excluded. Undo: Ctrl+Z",
  trouble: "",
};

const epochs = [1, 2, 3, 4, 5, 6, 7, 8];
const trainingLoss = epochs.map((epoch) => 1.35 * Math.exp(-epoch / 4) + 0.05);
const validationLoss = epochs.map((epoch) => 1.3 * Math.exp(-epoch / 5) + 0.02 * epoch);
const batches = Array.from({ length: 80 }, (_, i) => (i + 1) / 10);
const monitor: MonitorState = {
  region: "Training",
  title: "ResNet18 learns 4 labels from 41 images",
  phase: "running",
  message: "Training epoch 9 of 15",
  stopMessage: "Stopping after this step",
  bars: [
    { name: "Epoch", done: 8.5, total: 15, text: "9 of 15" },
    { name: "Batch", done: 5, total: 10, text: "5 of 10" },
  ],
  facts: [
    ["Engine", "TensorFlow on CPU"],
    ["Learning rate", "0.005"],
    ["Speed", "31.2 images/s"],
  ],
  charts: [
    {
      title: "Loss",
      xTitle: "Epoch",
      xDomain: [0, 15],
      lines: [
        {
          name: "batches",
          x: batches,
          y: batches.map((x) => 1.4 * Math.exp(-x / 4) + 0.1 * Math.sin(7 * x) + 0.12),
          faint: true,
        },
        { name: "training", x: epochs, y: trainingLoss },
        { name: "validation", x: epochs, y: validationLoss },
      ],
      mark: { x: 8, text: "best epoch 8" },
    },
    {
      title: "Accuracy",
      xTitle: "Epoch",
      xDomain: [0, 15],
      yMax: 1,
      lines: [
        { name: "training", x: epochs, y: epochs.map((epoch) => 1 - 0.6 * Math.exp(-epoch / 3)) },
        { name: "validation", x: epochs, y: epochs.map((epoch) => 0.9 - 0.5 * Math.exp(-epoch / 3)) },
      ],
    },
  ],
  table: {
    columns: ["Epoch", "Training loss", "Validation loss"],
    rows: epochs.map((epoch, i) => [
      String(epoch),
      trainingLoss[i]!.toFixed(4),
      validationLoss[i]!.toFixed(4),
    ]),
  },
  notes: [problem],
  elapsedSeconds: 65,
  secondsLeft: 130,
};

const seconds = Array.from({ length: 24 }, (_, i) => i + 0.5);
/** Ten seconds at each of two loads, then one that is too much for the service. */
const loadAt = (second: number): number => (second < 10 ? 0 : second < 20 ? 1 : second - 18);
const overTime = (name: string, valueAt: (second: number) => number) => ({
  name,
  x: seconds,
  y: seconds.map((second) => valueAt(second) * (1 + 0.08 * Math.sin(5 * second))),
});
const secondsChart = { xTitle: "Seconds", xDomain: [0, 30], digits: 1 } as const;
const loadTest: MonitorState = {
  region: "Load test",
  title: "Load test of http://127.0.0.1:5001/api/v1/service/tableware/score",
  phase: "running",
  message: "Step 3 of 3: 100 requests/s (poisson)",
  stopMessage: "Stopping",
  bars: [
    { name: "Step", done: 2.4, total: 3, text: "3 of 3" },
    { name: "Time", done: 4, total: 10, text: "4 of 10 s" },
  ],
  facts: [
    ["Answers per second", "71.4"],
    ["p50", "121 ms"],
    ["p90", "360 ms"],
    ["p99", "512 ms"],
    ["Failed", "24"],
    ["In the server: queue, p50 and p99", "96.2 ms, 440 ms"],
    ["In the server: decode, p50 and p99", "6.10 ms, 12.4 ms"],
    ["In the server: inference, p50 and p99", "9.20 ms, 31.0 ms"],
    ["Load generator busy", "12 %"],
  ],
  charts: [
    {
      ...secondsChart,
      title: "Per second",
      lines: [
        overTime("answers", (second) => [20, 50][loadAt(second)] ?? 71),
        overTime("failed", (second) => (second < 21 ? 0 : 8)),
      ],
    },
    {
      ...secondsChart,
      title: "Latency (ms)",
      lines: [
        overTime("p50", (second) => 18 + 20 * loadAt(second)),
        overTime("p90", (second) => 26 + 60 * loadAt(second)),
        overTime("p99", (second) => 45 + 80 * loadAt(second)),
      ],
    },
    {
      ...secondsChart,
      title: "In the server, p50 (ms)",
      lines: [
        overTime("queue", (second) => 0.1 + 18 * loadAt(second)),
        overTime("decode", () => 6),
        overTime("inference", (second) => 9 + loadAt(second)),
      ],
    },
    {
      ...secondsChart,
      title: "In the server, p99 (ms)",
      lines: [
        overTime("queue", (second) => 1 + 70 * loadAt(second)),
        overTime("decode", () => 11),
        overTime("inference", (second) => 20 + 4 * loadAt(second)),
      ],
    },
  ],
  table: {
    columns: ["Step", "Load", "Answers/s"],
    rows: [
      ["1", "20.0 requests/s (poisson)", "19.8"],
      ["2", "50.0 requests/s (poisson)", "49.7"],
      ["3", "100.0 requests/s (poisson)", "71.4"],
    ],
  },
  notes: ["24 × status 503: Too many images are waiting already; try again shortly."],
  elapsedSeconds: 24,
  secondsLeft: 6,
};

const strip = images
  .slice(5, 18)
  .map(({ id, name }, position) => ({ position, id, name, isRight: position > 3 }));
const results: ResultsState = {
  labels,
  datasetLabels: labels,
  cells: [
    [0, 0, 4],
    [0, 1, 1],
    [1, 1, 16],
    [1, 3, 3],
    [2, 2, 7],
    [3, 1, 2],
    [3, 3, 30],
  ],
  size: total,
  problems: [problem],
  problemCount: 1,
  changedCount: 1,
  canUndo: true,
  canRedo: false,
  filters: allResults,
  position: 1,
  found: {
    filters: allResults,
    count: total,
    right: total - 6,
    wrong: 6,
    trueLabel: counts,
    predictedLabel: [4, 19, 7, 33],
  },
  image: {
    ...strip[1]!,
    trueLabel: 1,
    predictedLabel: 3,
    scores: [0.06, 0.28, 0.02, 0.64],
    loss: 1.273,
    labels: ["bowl"],
    absent: false,
    excluded: false,
    problem: "",
    width: 640,
    height: 480,
  },
  strip,
  said: "cup-02.jpg is now bowl.",
  trouble: "",
};

const steps = Array.from({ length: 39 }, (_, i) => (i + 1) / 40);
const precisionAt = (threshold: number): number => 0.62 + 0.38 * Math.sqrt(threshold);
const recallAt = (threshold: number): number => 1 - threshold ** 2;
const precisionRecall: PrecisionRecallState = {
  labels,
  size: total,
  choice: { of: 1, threshold: 0.5 },
  thresholds: [0, 0.5, 0.25, 0, 0],
  curve: {
    of: 1,
    thresholds: steps,
    precision: steps.map(precisionAt),
    recall: steps.map(recallAt),
    averagePrecision: 0.917,
  },
  point: {
    of: 1,
    threshold: 0.5,
    precision: precisionAt(0.5),
    recall: recallAt(0.5),
    f1: 0.829,
    truePositives: 14,
    falsePositives: 2,
    falseNegatives: 5,
    trueNegatives: 42,
  },
  cells: [
    [0, 0, 5],
    [1, 1, 14],
    [1, 4, 5],
    [2, 2, 6],
    [2, 4, 1],
    [3, 1, 2],
    [3, 3, 30],
  ],
  decided: 57,
  right: 55,
  hasModel: true,
};

const overview: OverviewState = {
  title: `${total} images, ${labels.length} labels in tableware`,
  label: "",
  counts: labels.map((label, i) => ({ label, count: counts[i]! })),
  facts: [
    ["width", "480 px to 640 px, median 640 px"],
    ["height", "480 px to 640 px, median 480 px"],
    ["file size", "13.9 kB to 73.0 kB, median 29.4 kB"],
    ["formats", `${total} jpeg`],
  ],
  sizes: [
    { width: 640, height: 480, count: total - 14 },
    { width: 480, height: 640, count: 14 },
  ],
  samples: spread,
  search: { phase: "done", done: total, total, text: "1 picture is there more than once." },
  duplicates: [{ kind: "near", labelsDiffer: true, images: [images[0]!, images[5]!] }],
  problemCount: 1,
  problems: [problem],
};

/** Of each widget the view's name and a state. */
export const exampleWidgets = {
  annotation: { view: "AnnotationView", state: annotation },
  "load-test": { view: "MonitorView", state: loadTest },
  overview: { view: "OverviewView", state: overview },
  "precision-recall": { view: "PrecisionRecallView", state: precisionRecall },
  results: { view: "ResultsView", state: results },
  training: { view: "MonitorView", state: monitor },
} as const;

export type WidgetName = keyof typeof exampleWidgets;
