import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";

import sharp from "sharp";
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

import { ClassificationEvaluation, plots } from "../../src/evaluation/index.js";
import { palette } from "../../src/evaluation/plots/style.js";
import { temporaryFolder } from "../support.js";
import { generateCase, type CaseRecipe } from "./generated-cases.js";

const display = Symbol.for("Jupyter.display") as unknown as keyof plots.Plot;
const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

function evaluate(recipe: CaseRecipe, labels: readonly string[]): ClassificationEvaluation {
  return new ClassificationEvaluation({ ...generateCase(recipe), labels });
}

const tableware = evaluate(
  [3, 4, 22, 1000, 600, [0, 1, 1, 1, 2, 3, 3, 3, 3, 3]],
  ["bowl", "cup", "cutlery", "plate"],
);
const binary = evaluate([1, 2, 60, 1000, 300, [0, 1]], ["cat", '<b>dog</b> & "friends"']);
const digits = evaluate([13, 10, 1000, 50, 40, range(10)], range(10).map(String));
const longNames = range(20).map((i) => `Stainless steel soup spoon number ${i}, seen from above`);
const twenty = evaluate([14, 20, 400, 30, 30, range(20).slice(2)], longNames);
const hundred = evaluate(
  [15, 100, 3000, 30, 100, range(100)],
  range(100).map((i) => `class ${i}`),
);
const oneLabel = evaluate([9, 3, 15, 6, 4, [1]], ["a", "b", "c"]);

function history(epochs: number, hasValidation: boolean): plots.EpochLike[] {
  return range(epochs).map((i) => ({
    epoch: i + 1,
    trainLoss: 2 * Math.exp(-i / 4),
    trainAccuracy: 1 - 0.7 * Math.exp(-i / 4),
    ...(hasValidation && {
      validationLoss: 2 * Math.exp(-i / 4) + 0.1 * i,
      validationAccuracy: 0.9 - 0.5 * Math.exp(-i),
    }),
  }));
}

function images(counts: Readonly<Record<string, number>>): Parameters<typeof plots.labelCounts>[0] {
  return {
    labels: Object.keys(counts),
    images: Object.entries(counts).flatMap(([label, count]) =>
      range(count).map((id) => ({ id, path: `${label}-${id}.jpg`, labels: [label] })),
    ),
  };
}
const bowls = images({ bowl: 5, cup: 19, cutlery: 7, plate: 32 });

const all: Readonly<Record<string, plots.Plot>> = {
  "ROC of four labels": plots.rocCurve(tableware),
  "ROC of two labels": plots.rocCurve(binary),
  "ROC of a hundred labels": plots.rocCurve(hundred),
  "ROC of chosen labels": plots.rocCurve(digits, {
    labels: ["3", "7"],
    averages: ["micro"],
    title: "Two digits",
  }),
  "precision-recall of four labels": plots.precisionRecallCurve(tableware),
  "precision-recall with thresholds": plots.precisionRecallCurve(tableware, {
    thresholds: { cup: 0.5, plate: 0.25 },
  }),
  "precision-recall of twenty long labels": plots.precisionRecallCurve(twenty, { maxCurves: 20 }),
  "precision-recall of one label in the test set": plots.precisionRecallCurve(oneLabel),
  "confusions of four labels": plots.confusionMatrix(tableware),
  "confusions by true label": plots.confusionMatrix(digits, { normalize: "true" }),
  "confusions by predicted label": plots.confusionMatrix(binary, { normalize: "predicted" }),
  "confusions of all": plots.confusionMatrix(twenty, { normalize: "all" }),
  "confusions of a hundred labels": plots.confusionMatrix(hundred),
  "history of one epoch": plots.trainingHistory(history(1, true)),
  "history of fifteen epochs": plots.trainingHistory(history(15, true)),
  "history of 200 epochs without validation": plots.trainingHistory(history(200, false)),
  "label counts": plots.labelCounts(bowls),
  "label counts of two sets": plots.labelCounts({ training: bowls, test: bowls } as Parameters<
    typeof plots.labelCounts
  >[0]),
  calibration: plots.calibrationCurve(digits),
  "calibration of one label": plots.calibrationCurve(tableware, { label: "cup", bins: 5 }),
};

/** A number that JSON would turn into null, or `undefined` in a list: nothing that a frontend could draw. */
function undrawable(value: unknown, path = ""): string[] {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => undrawable(item, `${path}/${key}`));
}

for (const [name, plot] of Object.entries(all)) {
  test(`${name}: Vega-Lite compiles it without a warning, and it shows everywhere`, async () => {
    const warnings: unknown[] = [];
    const logger = vega.logger(vega.Warn, "warn", (_method, _level, input: unknown) => warnings.push(input));
    compile(plot.vegaLite as unknown as TopLevelSpec, { logger });
    assert.deepEqual(warnings, []);
    assert.deepEqual(undrawable(plot.vegaLite), []);
    assert.deepEqual(undrawable(plot.plotly), []);

    const bundle = await (plot[display] as () => Promise<Record<string, unknown>>).call(plot);
    const live = plot.plotly ? "application/vnd.plotly.v1+json" : "application/vnd.vegalite.v5+json";
    assert.deepEqual(Object.keys(bundle).sort(), [live, "image/png", "image/svg+xml", "text/plain"].sort());
    assert.equal(bundle["text/plain"], plot.summary);
    const svg = bundle["image/svg+xml"] as string;
    assert.match(svg, /^<svg [\s\S]*<\/svg>$/);
    assert.match(svg, /fill="white"/, "a background of its own, so that it is legible on a dark page");
    const png = await sharp(Buffer.from(bundle["image/png"] as string, "base64")).metadata();
    assert.equal(png.format, "png");
    assert.equal(png.width, Math.round(Number(/width="([\d.]+)"/.exec(svg)![1])));
    assert.ok(png.width < 1200 && png.height < 1200, `${png.width} x ${png.height} fits a page`);
  });
}

/** Contrast of two colours as WCAG defines it, from 1 to 21. */
const contrast = vega.expressionFunction("contrast") as (a: string, b: string) => number;

test("live plots leave ground and ink to the theme; their own colours stand out in a light and in a dark one", () => {
  for (const [name, { plotly, vegaLite }] of Object.entries(all)) {
    const layout = JSON.stringify(plotly?.layout ?? {});
    assert.doesNotMatch(layout, /color/, name);
    const open = plotly?.data.filter((trace) => !("meta" in trace)) ?? [];
    assert.doesNotMatch(JSON.stringify(open), /#222/, name);
    assert.equal(vegaLite["background"], undefined, name);
    if (plotly === undefined) assert.doesNotMatch(JSON.stringify(vegaLite["config"]), /#222|white/, name);
  }
  for (const color of palette) {
    // Paper, JupyterLab's dark ground, and the ground of Vega's dark theme, which JupyterLab takes.
    for (const ground of ["#fff", "#111", "#333"]) {
      assert.ok(contrast(color, ground) >= 3, `${color} on ${ground}: ${contrast(color, ground)}`);
    }
  }
});

test("the confusion matrix is legible in each of its colours", () => {
  const [heatmap] = all["confusions of four labels"]!.plotly!.data;
  assert.ok(heatmap?.type === "heatmap");
  interface ColorScale {
    domain(values: number[]): { range(colors: string[]): { clamp(is: boolean): (share: number) => string } };
  }
  const scale = (vega.scale("linear") as unknown as () => ColorScale)();
  const colorAt = scale
    .domain(heatmap.colorscale.map(([share]) => share))
    .range(heatmap.colorscale.map(([, color]) => color))
    .clamp(true);
  for (const share of range(101).map((i) => i / 100)) {
    const text = share > 0.5 ? "white" : "black";
    const value = contrast(colorAt(share), text);
    assert.ok(value >= 4.5, `${text} on ${colorAt(share)}, the colour of ${share}: ${value}`);
  }
});

test("a threshold is marked where it lies on its label's curve", () => {
  const { plotly, summary } = all["precision-recall with thresholds"]!;
  const marks = plotly!.data.filter((trace) => "marker" in trace);
  const { recall, precision } = tableware.metricsAtThreshold("cup", 0.5);
  assert.deepEqual(
    marks.map(({ x, y }) => [x, y]),
    ["cup", "plate"].map((label) => {
      const at = tableware.metricsAtThreshold(label, label === "cup" ? 0.5 : 0.25);
      return [[at.recall], [at.precision]];
    }),
  );
  const text = `at threshold 0.5: Recall ${recall.toFixed(3)}, Precision ${precision.toFixed(3)}`;
  assert.ok(summary.includes(text), summary);
  assert.throws(() => plots.precisionRecallCurve(tableware, { thresholds: { fork: 0.5 } }), {
    message: /^plots.precisionRecallCurve: thresholds must be by label \(.*\), got "fork"\.$/,
  });
});

test("curves of many labels are the weakest ones, and the picture says so", () => {
  const { data, layout } = all["ROC of a hundred labels"]!.plotly!;
  assert.equal(data.length, 1 + 10 + 2);
  assert.match(JSON.stringify(layout), /The 10 labels of 100 with the smallest areas/);
  const areas = range(100).map((label) => hundred.rocAuc({ label }));
  const worst = areas.indexOf(Math.min(...areas));
  assert.ok(data.some((trace) => trace.type === "scatter" && trace.name.startsWith(`class ${worst} `)));
});

test("a confusion matrix of hundreds of labels weighs as much as its confusions", async () => {
  const plot = plots.confusionMatrix(
    evaluate(
      [17, 300, 3000, 1000, 700, range(300)],
      range(300).map((i) => `class ${i}`),
    ),
  );
  assert.equal(plot.plotly, undefined);
  assert.ok(JSON.stringify(plot.vegaLite).length < 500_000);
  assert.ok((await plot.toSVG()).length < 500_000);
});

test("a large test set stays light: curves drop points that would not show", () => {
  const large = evaluate([16, 5, 20000, 100000, 60000, range(5)], range(5).map(String));
  for (const plot of [plots.rocCurve(large), plots.precisionRecallCurve(large)]) {
    assert.ok(
      JSON.stringify(plot.plotly).length < 600_000,
      `${JSON.stringify(plot.plotly).length} characters`,
    );
  }
});

test("long names keep their figures and stay different", () => {
  const names = all["precision-recall of twenty long labels"]!.plotly!.data.map((trace) =>
    trace.type === "scatter" ? trace.name : "",
  );
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, / [01]\.\d{3}$/);
});

test("label names are text, not HTML", () => {
  const json = JSON.stringify(all["confusions by predicted label"]!.plotly!.data);
  assert.ok(!json.includes("<b>dog"));
  assert.ok(json.includes("&lt;b&gt;dog"));
});

test("digits as label names stay categories", () => {
  assert.equal(
    (all["confusions by true label"]!.plotly!.layout["xaxis"] as { type: string }).type,
    "category",
  );
});

test("the accuracy on the confusion matrix comes with its interval", () => {
  assert.match(
    String(all["confusions of four labels"]),
    /18 of 22 right: accuracy 0\.818 \(95 % interval 0\.615 to 0\.927\)/,
  );
});

test("the best epoch is marked: highest validation accuracy, of equal ones the lowest loss", () => {
  const record = (epoch: number, validationAccuracy: number, validationLoss: number): plots.EpochLike => ({
    epoch,
    trainLoss: 1,
    trainAccuracy: 0.5,
    validationAccuracy,
    validationLoss,
  });
  const plot = plots.trainingHistory([
    record(1, 0.8, 0.5),
    record(2, 0.9, 0.5),
    record(3, 0.9, 0.4),
    record(4, 0.9, 0.6),
  ]);
  assert.match(plot.summary, /Best epoch 3 of 4: validation accuracy 0\.900/);
});

test("a plot is saved as what its name says", async () => {
  const folder = temporaryFolder();
  const plot = all["label counts"]!;
  await plot.save(join(folder, "counts.svg"));
  await plot.save(join(folder, "counts.png"), { scale: 3 });
  await plot.save(join(folder, "counts.json"));
  assert.equal(await readFile(join(folder, "counts.svg"), "utf8"), await plot.toSVG());
  const once = await sharp(await plot.toPNG({ scale: 1 })).metadata();
  const thrice = await sharp(join(folder, "counts.png")).metadata();
  assert.ok(Math.abs(thrice.width - 3 * once.width) <= 3);
  assert.deepEqual(JSON.parse(await readFile(join(folder, "counts.json"), "utf8")), plot.vegaLite);
  await assert.rejects(plot.save(join(folder, "counts.bmp")), {
    name: "ArgumentError",
    message: /^Plot\.save: path must be a file name that ends in \.svg, \.png or \.json, got "/,
  });
});

const errors = [
  {
    name: "ROC with one label in the test set",
    make: () => plots.rocCurve(oneLabel),
    message:
      "plots.rocCurve: evaluation must be of a test set in which the curve is defined, got 'no test image of a second label'",
  },
  {
    name: "a label that does not exist",
    make: () => plots.rocCurve(tableware, { labels: ["fork"] }),
    message: 'plots.rocCurve: labels must be among bowl, cup, cutlery, plate, got "fork".',
  },
  {
    name: "no epoch",
    make: () => plots.trainingHistory([]),
    message: "plots.trainingHistory: history must be of at least one epoch, got []. Call fit first.",
  },
  {
    name: "no curve",
    make: () => plots.rocCurve(tableware, { maxCurves: 0 }),
    message: "plots.rocCurve: maxCurves must be an integer of at least 1, got 0.",
  },
];
for (const { name, make, message } of errors) {
  test(`error: ${name}`, () => {
    assert.throws(make, (error: Error) => {
      assert.equal(error.name, "ArgumentError");
      assert.ok(error.message.replaceAll('"', "'").startsWith(message.replaceAll('"', "'")), error.message);
      return true;
    });
  });
}
