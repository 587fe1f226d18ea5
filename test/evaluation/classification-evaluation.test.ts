import assert from "node:assert/strict";
import test from "node:test";

import {
  ClassificationEvaluation,
  wilsonInterval,
  type Classifier,
  type EvaluationData,
  type LabelledImages,
  type PredictionOptions,
} from "../../src/evaluation/index.js";
import { generateCase } from "./generated-cases.js";

/** Six images: the third cup is taken for a plate with confidence, the bowl for a cup barely. */
const small: EvaluationData = {
  labels: ["bowl", "cup", "plate"],
  scores: [
    [0.4, 0.5, 0.1],
    [0.1, 0.8, 0.1],
    [0.2, 0.7, 0.1],
    [0.0, 0.05, 0.95],
    [0.0, 0.1, 0.9],
    [0.2, 0.2, 0.6],
  ].flat(),
  labelIndices: [0, 1, 1, 1, 2, 2],
  ids: ["a", "b", "c", "d", "e", "f"],
  paths: ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg"],
};
const evaluation = new ClassificationEvaluation(small);

test("mistakes come with the most confident first", () => {
  assert.deepEqual(evaluation.mistakes(), [
    {
      index: 3,
      id: "d",
      path: "d.jpg",
      label: "cup",
      predictedLabel: "plate",
      confidence: 0.95,
      labelProbability: 0.05,
    },
    {
      index: 0,
      id: "a",
      path: "a.jpg",
      label: "bowl",
      predictedLabel: "cup",
      confidence: 0.5,
      labelProbability: 0.4,
    },
  ]);
});

test("the first of equal scores wins, and top-k can follow that", () => {
  const tied = new ClassificationEvaluation({
    labels: ["a", "b"],
    scores: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
    labelIndices: [0, 0, 1],
  });
  assert.deepEqual([...tied.predictions], [0, 0, 0]);
  assert.equal(tied.topKAccuracy(1, { ties: "first" }), tied.accuracy);
  assert.equal(tied.topKAccuracy(1), 1 / 3, "scikit-learn's rule: the last wins");
  assert.equal(tied.topKAccuracy(5), 1);
});

test("the interval of few right answers is honest", () => {
  const { low, high } = wilsonInterval(22, 22);
  assert.equal(high, 1);
  assert.ok(low > 0.84 && low < 0.86);
  const none = wilsonInterval(0, 22);
  assert.equal(none.low, 0);
  assert.ok(Math.abs(none.high - (1 - low)) < 1e-12);
});

test("a threshold's answers are counted", () => {
  assert.deepEqual(evaluation.metricsAtThreshold("cup", 0.5), {
    label: "cup",
    threshold: 0.5,
    precision: 2 / 3,
    recall: 2 / 3,
    f1: 2 / 3,
    falsePositiveRate: 1 / 3,
    truePositives: 2,
    falsePositives: 1,
    falseNegatives: 1,
    trueNegatives: 2,
  });
  assert.equal(evaluation.metricsAtThreshold(1, Infinity).precision, 1);
  assert.equal(evaluation.metricsAtThreshold(1, 0).recall, 1);
});

test("labels without test images: NaN for them, named, left out of averages", () => {
  const data = generateCase([8, 4, 30, 5, 4, [0, 2]]);
  const missing = new ClassificationEvaluation(data);
  assert.deepEqual(missing.absentLabels, ["label 1", "label 3"]);
  assert.ok(Number.isNaN(missing.rocAuc({ label: 1 })));
  assert.ok(Number.isNaN(missing.averagePrecision({ label: 1 })));
  assert.deepEqual(missing.rocCurve({ average: "macro" }).skipped, ["label 1", "label 3"]);
  assert.deepEqual(missing.precisionRecallCurve({ average: "macro" }).skipped, ["label 1", "label 3"]);
  assert.equal(missing.rocAuc(), (missing.rocAuc({ label: 0 }) + missing.rocAuc({ label: 2 })) / 2);
  assert.match(missing.report().toString(), /No test image has the label "label 1", "label 3"\./);
});

test("with one label in the test set a ROC curve has nothing to say", () => {
  const alone = new ClassificationEvaluation(generateCase([9, 3, 15, 6, 4, [1]]));
  assert.ok(Number.isNaN(alone.rocAuc()));
  assert.ok(Number.isNaN(alone.rocAuc({ average: "weighted" })));
  assert.deepEqual(alone.rocCurve({ average: "macro" }).skipped, alone.labels);
  assert.equal(alone.rocCurve({ average: "macro" }).falsePositiveRate.length, 0);
  assert.equal(alone.averagePrecision(), 1);
});

test("the report prints a table", () => {
  assert.equal(
    evaluation.report().toString(),
    [
      "label             precision  recall     F1  support",
      "bowl                  0.000   0.000  0.000        1",
      "cup                   0.667   0.667  0.667        3",
      "plate                 0.667   1.000  0.800        2",
      "",
      "micro average         0.667   0.667  0.667        6",
      "macro average         0.444   0.556  0.489        6",
      "weighted average      0.556   0.667  0.600        6",
      "",
      "Accuracy 0.667 (95 % interval 0.300 to 0.903): 4 of 6 right.",
      "Balanced accuracy 0.556 (mean recall of the labels in the test set).",
    ].join("\n"),
  );
});

test("in a notebook evaluation and report show as a table, label names as text", () => {
  const display = Symbol.for("Jupyter.display") as unknown as "toString";
  const named = new ClassificationEvaluation({
    ...small,
    labels: ["bowl", "<script>alert(1)</script>", "plate"],
  });
  for (const shown of [named, named.report()]) {
    const bundle = (shown[display] as () => unknown).call(shown) as Record<string, string>;
    assert.deepEqual(Object.keys(bundle).sort(), ["text/html", "text/plain"]);
    assert.match(bundle["text/html"]!, /<table>.*&lt;script&gt;.*<\/table>/);
    assert.ok(!bundle["text/html"]!.includes("<script>"));
    assert.match(bundle["text/plain"]!, /95 % interval 0\.300 to 0\.903/);
  }
});

test("an evaluation survives JSON, number for number", () => {
  for (const scores of [Float32Array.from(small.scores), Float64Array.from(small.scores)]) {
    const problems = [{ path: "g.jpg", kind: "truncated", message: "The file ends early." }];
    const before = new ClassificationEvaluation({ ...small, scores, problems });
    const after = ClassificationEvaluation.fromJSON(JSON.parse(JSON.stringify(before)));
    assert.deepEqual(after, before);
    assert.equal(after.logLoss, before.logLoss);
  }
  assert.ok(
    !JSON.stringify(
      new ClassificationEvaluation({ ...small, scores: Float32Array.from(small.scores) }),
    ).includes("0.4000000"),
  );
  assert.throws(() => ClassificationEvaluation.fromJSON({ labels: [] }), {
    name: "ArgumentError",
    message:
      "ClassificationEvaluation.fromJSON: json must be an object that toJSON made (schemaVersion 1), got { labels: [] }.",
  });
});

test("later changes to the arguments do not reach the evaluation", () => {
  const scores = Float64Array.from(small.scores);
  const own = new ClassificationEvaluation({ ...small, scores });
  scores.fill(0);
  assert.equal(own.accuracy, 4 / 6);
});

const wrong: readonly { name: string; data: Partial<EvaluationData>; message: string }[] = [
  {
    name: "no examples",
    data: { scores: [], labelIndices: [], ids: [], paths: [] },
    message:
      "ClassificationEvaluation: labelIndices must be of at least one example, got []. " +
      "There is nothing to evaluate: check that the test set has labelled, readable images.",
  },
  {
    name: "a label twice",
    data: { labels: ["a", "a", "b"] },
    message: "ClassificationEvaluation: labels must be one or more different names, got [ 'a', 'a', 'b' ].",
  },
  {
    name: "too few scores",
    data: { scores: [0.5, 0.5] },
    message: "ClassificationEvaluation: scores must be 6 x 3 numbers (examples x labels), got 2.",
  },
  {
    name: "a label index out of range",
    data: { labelIndices: [0, 1, 1, 1, 2, 3] },
    message: "ClassificationEvaluation: labelIndices[5] must be an index below 3, got 3.",
  },
  {
    name: "logits",
    data: { scores: [2, -1, 0, ...Array.from(small.scores).slice(3)] },
    message:
      "ClassificationEvaluation: scores[0, 0] must be a probability in [0, 1], got 2. Apply softmax to logits first.",
  },
  {
    name: "not a number",
    data: { scores: [NaN, 0.5, 0.5, ...Array.from(small.scores).slice(3)] },
    message:
      "ClassificationEvaluation: scores[0, 0] must be a probability in [0, 1], got NaN. Apply softmax to logits first.",
  },
  {
    name: "rows that do not add up",
    data: { scores: [0.5, 0.75, 0.5, ...Array.from(small.scores).slice(3)] },
    message:
      "ClassificationEvaluation: scores[0] must be probabilities that add up to 1, got 1.75. Apply softmax to logits first.",
  },
  {
    name: "too few ids",
    data: { ids: ["a"] },
    message: "ClassificationEvaluation: ids must be as many as examples, 6, got 1.",
  },
];
for (const { name, data, message } of wrong) {
  test(`error: ${name}`, () => {
    assert.throws(() => new ClassificationEvaluation({ ...small, ...data }), {
      name: "ArgumentError",
      message,
    });
  });
}

test("error: a label that does not exist", () => {
  const message =
    'ClassificationEvaluation.metricsAtThreshold: label must be one of "bowl", "cup", "plate" or an index below 3, got "fork".';
  assert.throws(() => evaluation.metricsAtThreshold("fork", 0.5), { name: "ArgumentError", message });
  assert.throws(() => evaluation.rocCurve({ label: 3 }), {
    name: "ArgumentError",
    message:
      'ClassificationEvaluation.rocCurve: label must be one of "bowl", "cup", "plate" or an index below 3, got 3.',
  });
  assert.throws(() => evaluation.topKAccuracy(0), {
    message: "ClassificationEvaluation.topKAccuracy: k must be an integer of at least 1, got 0.",
  });
});

/** A classifier that knows the answer from the file name, and cannot read files called "broken". */
class NameReader implements Classifier {
  readonly labels = ["bowl", "cup", "plate"];
  readonly seen: PredictionOptions[] = [];

  predictProbabilities(
    images: LabelledImages,
    options: PredictionOptions = {},
  ): ReturnType<Classifier["predictProbabilities"]> {
    this.seen.push(options);
    const readable = [...images.images.keys()].filter((i) => !images.images[i]!.path.includes("broken"));
    const scores = readable.flatMap((i) =>
      this.labels.map((label) => (images.images[i]!.path.includes(label) ? 0.8 : 0.1)),
    );
    const problems = images.images
      .filter((image) => image.path.includes("broken"))
      .map(({ path }) => ({ path, kind: "truncated", message: "The file ends early." }));
    return Promise.resolve({
      scores: Float32Array.from(scores),
      included: Int32Array.from(readable),
      problems,
    });
  }
}

function testSet(...entries: readonly (readonly [string, ...string[]])[]): LabelledImages {
  return {
    labels: [...new Set(entries.flatMap(([, ...labels]) => labels))],
    images: entries.map(([path, ...labels], i) => ({ id: i + 100, path, labels })),
  };
}

test("run matches labels by name, so that indices do not shift when the test set lacks one", async () => {
  const model = new NameReader();
  // The test folder has no bowl: its own first label is plate.
  const result = await ClassificationEvaluation.run(
    model,
    testSet(["plate-1.jpg", "plate"], ["cup-1.jpg", "cup"], ["cup-2.jpg", "plate"]),
    { batchSize: 7 },
  );
  assert.deepEqual(result.labels, model.labels);
  assert.deepEqual([...result.labelIndices], [2, 1, 2]);
  assert.equal(result.accuracy, 2 / 3);
  assert.deepEqual(result.ids, [100, 101, 102]);
  assert.equal(result.mistakes()[0]!.path, "cup-2.jpg");
  assert.deepEqual(model.seen, [{ batchSize: 7 }]);
});

test("run leaves out unreadable and unlabelled images and names them", async () => {
  const images = testSet(["broken.jpg", "cup"], ["new.jpg"], ["cup-1.jpg", "cup"], ["bowl-1.jpg", "bowl"]);
  const result = await ClassificationEvaluation.run(new NameReader(), images);
  assert.equal(result.size, 2);
  assert.deepEqual(result.paths, ["cup-1.jpg", "bowl-1.jpg"]);
  assert.deepEqual(result.problems, [
    { path: "new.jpg", kind: "unlabelled", message: "The image has no label." },
    { path: "broken.jpg", kind: "truncated", message: "The file ends early." },
  ]);
});

const runErrors: readonly { name: string; images: LabelledImages; message: string }[] = [
  {
    name: "a label the model does not know",
    images: testSet(["cup-1.jpg", "cup"], ["fork-1.jpg", "fork"]),
    message:
      'ClassificationEvaluation.run: testSet must be labelled with the model\'s labels ("bowl", "cup", "plate"), ' +
      'got "fork for fork-1.jpg". Rename the label, leave the image out, or train with it.',
  },
  {
    name: "no image",
    images: testSet(),
    message:
      'ClassificationEvaluation.run: testSet must be of at least one labelled image, got "0 images". There is nothing to evaluate.',
  },
  {
    name: "no readable image",
    images: testSet(["broken.jpg", "cup"]),
    message:
      'ClassificationEvaluation.run: testSet must be of at least one readable image, got "1 images, none readable". ' +
      "The first one: broken.jpg: The file ends early.",
  },
];
for (const { name, images, message } of runErrors) {
  test(`run, error: ${name}`, async () => {
    await assert.rejects(ClassificationEvaluation.run(new NameReader(), images), {
      name: "ArgumentError",
      message,
    });
  });
}
