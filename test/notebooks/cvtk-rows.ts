import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { ClassificationDataset } from "../../src/data/index.js";
import { Deployment } from "../../src/deployment/index.js";
import { runCli } from "../cli/run-cli.js";
import { writeColourBundle } from "../serving/colour-bundle.js";
import { repositoryRoot, temporaryFolder } from "../support.js";

/** How a row of `docs/coming-from-cvtk.md` is shown to be true. */
export interface RowCheck {
  /** What the notebook runs when the program's part of this name has run: the row's call, or what tells its result. */
  readonly cell?: string;
  /** The cell holds the very call that stands in the row. */
  readonly runsCall?: true;
  /** Given what the cell printed as JSON, or the forms of what it showed; and the notebook's folder. */
  readonly check: (result: never, folder: string) => void | Promise<void>;
}

const tell = (code: string): string => `tell(await (${code}));`;

/** Runs the call that stands in the row. */
const calls = (call: string, check: (result: never) => void): RowCheck => ({
  ...gives(call, check),
  runsCall: true,
});

/** Runs what tells the result of a call that the program has made. */
const gives = (code: string, check: (result: never) => void): RowCheck => ({ cell: tell(code), check });

const is = (call: string, expected: unknown): RowCheck =>
  calls(call, (result: unknown) => {
    assert.deepEqual(result, expected);
  });

/** The cell shows itself in these forms. */
const shows = (cell: string, ...forms: readonly string[]): RowCheck => ({
  cell,
  check: (shown: object) => {
    assert.deepEqual(
      forms.filter((form) => !(form in shown)),
      [],
      Object.keys(shown).join(),
    );
  },
});

/** Needs no notebook. */
const here = (check: (folder: string) => void | Promise<void>): RowCheck => ({
  check: (_, folder) => check(folder),
});

const location = join(repositoryRoot, "notebooks", "sample_data", "tableware");
const labels = ["bowl", "cup", "cutlery", "plate"];
const bowls = readdirSync(join(location, "bowl")).sort();
const isShare = (value: number): void => {
  assert.ok(value >= 0 && value <= 1, String(value));
};
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const near = (value: number, expected: number, tolerance = 1e-4): void => {
  assert.ok(Math.abs(value - expected) <= tolerance, `${value} is not ${expected}`);
};

interface Scores {
  readonly label: string;
  readonly labelIndex: number;
  readonly score: number;
  readonly scores: Readonly<Record<string, number>>;
}

const isScored = ({ label, labelIndex, score, scores }: Scores): void => {
  assert.deepEqual(Object.keys(scores), labels);
  near(sum(Object.values(scores)), 1);
  assert.equal(label, labels[labelIndex]);
  near(score, Math.max(...Object.values(scores)));
  near(scores[label]!, score);
};

const data: Readonly<Record<string, RowCheck>> = {
  "`ClassificationDataset.create_from_dir(name, location)`": calls(
    "ClassificationDataset.fromDirectory(location).then(({ images }) => ({ images }))",
    ({ images }: { images: readonly { id: string }[] }) => {
      assert.equal(images.length, 63);
      assert.ok(images.every(({ id }) => existsSync(join(location, id))));
    },
  ),
  "`len(dataset.images)`, `train_set.size()`": is("dataset.size", 63),
  "`len(dataset.labels)`": is("dataset.labels.length", 4),
  "`[l.name for l in dataset.labels]`, `train_set.labels`": is("dataset.labels", labels),
  "`dataset.images[2].name`": is("dataset.images[2]!.name", bowls[2]),
  "`dataset.images[2]._labels[0].name`": is("dataset.images[2]!.labels[0]", "bowl"),
  "`dataset.images[2]._storage_id`": is("dataset.images[2]!.id", `bowl/${bowls[2]!}`),
  "`dataset.images[2].storage_path`": calls("dataset.images[2]!.path", (path: string) => {
    assert.deepEqual(readFileSync(path), readFileSync(join(location, "bowl", bowls[2]!)));
  }),
  '`dataset.split(train_size = 0.66, stratify = "label")`': calls(
    'dataset.split({ trainSize: 0.66, stratify: "label" }).map(({ images }) => images)',
    ([train, test]: readonly (readonly { id: string; labels: readonly string[] }[])[]) => {
      assert.deepEqual([train!.length, test!.length], [41, 22]);
      assert.equal(new Set([...train!, ...test!].map(({ id }) => id)).size, 63);
      const counts = labels.map((label) => test!.filter((image) => image.labels[0] === label).length);
      assert.deepEqual(counts, [2, 7, 2, 11], "as in the original's confusion matrix");
    },
  ),
  "`Context`, `StorageContext`, `ToolkitLogger`": gives(
    // That nothing is printed besides is checked of every cell.
    "ClassificationDataset.fromDirectory(location).then(({ images }) => images.every(({ path }, i) => path === dataset.images[i]!.path))",
    (same: boolean) => {
      assert.ok(same);
    },
  ),
  "download from the Bing image search": here(async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "cup"));
    copyFileSync(join(location, "bowl", bowls[0]!), join(folder, "cup", "found.jpg"));
    const { images } = await ClassificationDataset.fromDirectory(folder);
    assert.deepEqual(
      images.map(({ id, labels: [label] }) => [id, label]),
      [["cup/found.jpg", "cup"]],
    );
  }),
};

/** A grey ramp of 20 x 10 pixels, changed many times. */
const changed = (augmenter: string): string =>
  `Array.from({ length: 200 }, () => ramp).map(((augmenter) => (image) => [...augmenter.augmentImage(image).data])(${augmenter}))`;

const augmentation: Readonly<Record<string, RowCheck>> = {
  "`augmenters.Fliplr(0.5)`": gives(changed("new augmenters.Fliplr(0.5)"), (images: number[][]) => {
    const mirrored = images.filter(([first]) => first === 19).length;
    assert.equal(images.filter(([first]) => first === 0).length, 200 - mirrored);
    assert.ok(mirrored > 60 && mirrored < 140, `${mirrored} of 200`);
  }),
  "`augmenters.Crop(percent=(0, 0.1))`": gives(
    changed("new augmenters.Crop({ percent: [0, 0.1] })"),
    (images: number[][]) => {
      assert.ok(images.every(({ length }) => length === 600));
      const left = images.map(([first]) => first!);
      assert.ok(Math.max(...left) >= 1 && Math.max(...left) <= 2, "at most a tenth of 20 columns is cut");
    },
  ),
  "`augmenters.Sequential([...])`": gives(changed("pipeline"), (images: number[][]) => {
    const left = images.map(([first]) => first!);
    assert.ok(Math.min(...left) <= 2 && Math.max(...left) >= 17, "some are mirrored");
    assert.ok(
      left.some((first) => first !== 0 && first !== 19),
      "some are cropped",
    );
  }),
  "`augment_dataset(train_set_orig, [aug_sequence])`": calls(
    "augmentDataset(trainOriginal, [pipeline]).then(({ size, images }) => ({ size, copies: images.filter(({ augmentedFrom }) => augmentedFrom).length, originals: trainOriginal.size }))",
    (counted: { size: number; copies: number; originals: number }) => {
      assert.deepEqual(counted, { size: 82, copies: 41, originals: 41 });
    },
  ),
};

const isRates =
  (first: number) =>
  (rates: readonly number[]): void => {
    const theirs = [...Array<number>(7).fill(first), ...Array<number>(7).fill(first / 10), first / 100];
    assert.deepEqual(
      rates.map((rate) => (10 * rate).toFixed(6)),
      theirs.map((rate) => rate.toFixed(6)),
    );
  };

interface Epoch {
  readonly epoch: number;
  readonly learningRate: number;
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly validationAccuracy: number;
}

const isImageClassifier =
  (baseModel: string, size: number) =>
  (made: unknown): void => {
    assert.deepEqual(made, { labels, baseModel, imageSize: [size, size] });
  };
const facts = "(({ labels, baseModel, imageSize }) => ({ labels, baseModel, imageSize }))";

const training: Readonly<Record<string, RowCheck>> = {
  '`CNTKTLModel(labels, base_model_name="ResNet18_ImageNet_CNTK", image_dims=(3, 224, 224))`': calls(
    `${facts}(new ImageClassifier({ labels: dataset.labels, baseModel: "ResNet18", ...options }))`,
    isImageClassifier("ResNet18", 32),
  ),
  "`lr_per_mb = [0.05]*7 + [0.005]*7 + [0.0005]`": calls(
    "[...Array<number>(7).fill(0.005), ...Array<number>(7).fill(0.0005), 0.00005]",
    isRates(0.05),
  ),
  "`image_dims=(3, 500, 500)`, `ResNet50_ImageNet_CNTK`, the larger setting": calls(
    `${facts}(new ImageClassifier({ labels: dataset.labels, baseModel: "ResNet50", imageSize: 500 }))`,
    isImageClassifier("ResNet50", 500),
  ),
  "its `lr_per_mb = [0.01]*7 + [0.001]*7 + [0.0001]`, `mb_size = 8`": calls(
    "[...Array<number>(7).fill(0.001), ...Array<number>(7).fill(0.0001), 0.00001]",
    isRates(0.01),
  ),
  "`dnn_model.train(train_set, lr_per_mb, mb_size, eval_dataset=test_set)`": gives(
    "{ isTrained: model.isTrained, history: model.history }",
    ({ isTrained, history }: { isTrained: boolean; history: Epoch[] }) => {
      assert.ok(isTrained);
      assert.deepEqual(
        history.map(({ epoch, learningRate }) => [epoch, learningRate]),
        [[1, 0.005]],
      );
      assert.ok(history[0]!.trainLoss > 0);
    },
  ),
  "`tensorboard --logdir=PATH`": here((folder) => {
    const files = readdirSync(join(folder, "tensorboard"), { recursive: true, encoding: "utf8" });
    const events = files.filter((name) => name.includes("events.out.tfevents"));
    const text = events.map((name) => readFileSync(join(folder, "tensorboard", name), "latin1")).join("");
    assert.match(text, /loss/u);
    assert.match(text, /accuracy/u);
  }),
  "`classifier.train_eval_accs`": calls("model.history", ([epoch]: Epoch[]) => {
    isShare(epoch!.trainAccuracy);
    isShare(epoch!.validationAccuracy);
  }),
  "plotting them with matplotlib": shows(
    "plots.trainingHistory(model.history)",
    "image/png",
    "image/svg+xml",
  ),
  "`svm.LinearSVC(C=1.0, class_weight='balanced')`": gives("learner.options", (options: unknown) => {
    assert.deepEqual(options, { C: 1, classWeight: "balanced" });
  }),
  "`ScikitClassifier(dnn_model, learner = learner)`": gives(
    "[svm.model === model, svm.learner === learner, svm.labels]",
    (parts: unknown) => {
      assert.deepEqual(parts, [true, true, labels]);
    },
  ),
  "`classifier.train(train_set)`": gives(
    "Promise.all([svm.recipe!.trainImages, svm.predict(testSet)])",
    ([trainImages, predictions]: readonly [number, Scores[]]) => {
      assert.equal(trainImages, 82);
      assert.equal(predictions.length, 22);
      assert.ok(predictions.every(({ label }) => labels.includes(label)));
    },
  ),
  "`dnn_model.serialize(path)`": here((folder) => {
    const names = readdirSync(join(folder, "tableware.model"));
    assert.deepEqual(names.sort(), ["model.json", "model.onnx", "weights.safetensors"]);
  }),
  "`CNTKTLModel.deserialize(path)`": gives(
    "Promise.all([model.predict(testSet), loaded.predict(testSet)])",
    ([before, after]: readonly [Scores[], Scores[]]) => {
      assert.equal(before.length, 22);
      assert.deepEqual(after, before);
    },
  ),
};

const evaluation: Readonly<Record<string, RowCheck>> = {
  "`ClassificationEvaluation(classifier, test_set, minibatch_size)`": calls(
    "ClassificationEvaluation.run(model, testSet, { batchSize: 32 }).then(({ size, labels, problems }) => ({ size, labels, problems }))",
    (made: unknown) => {
      assert.deepEqual(made, { size: 22, labels, problems: [] });
    },
  ),
  "`ce.compute_accuracy()`, the mean over the labels": gives(
    "[evaluation.balancedAccuracy, evaluation.confusionMatrix]",
    ([balanced, matrix]: readonly [number, number[][]]) => {
      near(balanced, sum(matrix.map((row, label) => row[label]! / sum(row))) / 4, 1e-12);
    },
  ),
  "the share of images that are right": gives(
    "[evaluation.accuracy, evaluation.confusionMatrix]",
    ([accuracy, matrix]: readonly [number, number[][]]) => {
      near(accuracy, sum(matrix.map((row, label) => row[label]!)) / 22, 1e-12);
    },
  ),
  "`ce.compute_confusion_matrix()`": calls("evaluation.confusionMatrix", (matrix: number[][]) => {
    assert.deepEqual(matrix.map(sum), [2, 7, 2, 11]);
  }),
  "`ce.scores`": calls("evaluation.scores", (scores: number[]) => {
    assert.equal(scores.length, 22 * 4);
    for (let row = 0; row < 22; row++) near(sum(scores.slice(4 * row, 4 * row + 4)), 1);
  }),
  "`np.argmax(pred_scores, axis=1)`": gives(
    "[evaluation.predictions, evaluation.scores]",
    ([predictions, scores]: readonly [number[], number[]]) => {
      const argmax = Array.from({ length: 22 }, (_, row) => {
        const own = scores.slice(4 * row, 4 * row + 4);
        return own.indexOf(Math.max(...own));
      });
      assert.deepEqual(predictions, argmax);
    },
  ),
  "`ce.compute_precision_recall_curve()`": calls(
    'evaluation.precisionRecallCurve({ average: "micro" })',
    ({ precision, recall, thresholds }: Record<"precision" | "recall" | "thresholds", number[]>) => {
      assert.equal(precision.length, recall.length);
      assert.equal(thresholds.length, precision.length - 1);
      // Of 22 times 4 decisions 22 are "yes", and with the lowest threshold all are made.
      assert.deepEqual([precision[0], recall[0]], [22 / 88, 1]);
      assert.deepEqual([precision.at(-1), recall.at(-1)], [1, 0]);
    },
  ),
  "`graph_roc_curve(ce)`": shows("plots.rocCurve(evaluation)", "image/png", "image/svg+xml"),
  "the area under it": calls('evaluation.rocAuc({ average: "micro" })', isShare),
  "`graph_pr_curve(ce)`": shows("plots.precisionRecallCurve(evaluation)", "image/png", "image/svg+xml"),
  "`graph_confusion_matrix(ce)`": shows("plots.confusionMatrix(evaluation)", "image/png", "image/svg+xml"),
};

const widgets: Readonly<Record<string, RowCheck>> = {
  "`AnnotationUI(dataset, Context.get_global_context())`": shows("new AnnotationUI(dataset)", "image/png"),
  "`ResultsUI(test_set, context, pred_scores, pred_labels)`": shows(
    "new ResultsUI(testSet, evaluation)",
    "image/png",
  ),
  "`PrecisionRecallUI(100*precisions, 100*recalls, thresholds)`": shows(
    "new PrecisionRecallUI(evaluation)",
    "image/png",
  ),
  "`display(ui.ui)`": shows("annotation", "image/png"),
  "`jupyter nbextension enable --py widgetsnbextension`": here(async () => {
    const prefix = temporaryFolder();
    const installed = await runCli(["widgets", "install", "--prefix", prefix]);
    assert.equal(installed.exitCode, 0, installed.stderr);
    const extension = join(prefix, "share", "jupyter", "labextensions", "sightbook");
    const { jupyterlab } = JSON.parse(readFileSync(join(extension, "package.json"), "utf8")) as {
      readonly jupyterlab: { readonly _build: { readonly load: string } };
    };
    assert.ok(existsSync(join(extension, jupyterlab._build.load)));
  }),
};

/** A service whose image is in a registry, as a cluster is told of it. */
async function manifests(): Promise<string> {
  const folder = temporaryFolder();
  const deployment = new Deployment({
    name: "wsdeployment",
    model: await writeColourBundle(),
    target: "kubernetes",
    kubernetes: {
      context: "cluster",
      namespace: "group",
      repository: "registry.example.org/wsdeployment",
    },
  });
  await deployment.writeManifests(folder);
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n---\n");
}

/** No context, as on a machine that has never seen a cluster. */
async function checkWithoutCluster(): Promise<string> {
  const home = temporaryFolder();
  const { exitCode, stdout } = await runCli(["cluster", "check"], {
    env: { KUBECONFIG: join(home, "config"), HOME: home, KUBERNETES_SERVICE_HOST: "" },
  });
  assert.equal(exitCode, 1, stdout);
  return stdout;
}

const report = "(({ state, steps }) => ({ state, steps }))";

const deployment: Readonly<Record<string, RowCheck>> = {
  "`az login`, `az account set`, `az provider register`, the model management account": here(async () => {
    assert.match(await checkWithoutCluster(), /^no .*kubeconfig/mu);
  }),
  "`CliSetup().run()`, `az ml env show`": here(async () => {
    assert.match(await checkWithoutCluster(), /^no {3}/mu);
  }),
  "`az ml env setup --cluster`, `az ml env cluster`": here(async () => {
    assert.ok(existsSync(join(repositoryRoot, "docs", "deployment.md")));
    // Nothing that only some clusters know.
    const versions = [...(await manifests()).matchAll(/^apiVersion: (.+)$/gmu)].map(
      ([, version]) => version!,
    );
    assert.ok(versions.length >= 6, versions.join());
    const ofKubernetes = ["v1", "apps/v1", "autoscaling/v2", "networking.k8s.io/v1", "policy/v1"];
    assert.deepEqual(new Set(versions), new Set(ofKubernetes));
  }),
  '`AMLDeployment(deployment_name, associated_DNNModel, aml_env="local", replicas=1)`': gives(
    "deployment.status().then((status) => [deployment.name, status!.target, status!.replicas, status!.readyReplicas])",
    (made: unknown) => {
      assert.deepEqual(made, ["wsdeployment", "local", 1, 1]);
    },
  ),
  '`aml_env="cluster", cluster_name, resource_group`; `az ml env set -n cluster -g group`': here(async () => {
    const text = await manifests();
    assert.match(text, /^ {2}namespace: group$/mu);
    assert.match(text, /image: registry\.example\.org\/wsdeployment:/u);
  }),
  "`deploy_obj.is_existing_service()`": is("deployment.exists()", true),
  "`AMLDeployment.delete_if_service_exist(deployment_name)`": gives(
    '(async () => { await new Deployment({ name: "second", model: "tableware.model" }).deploy(); return [await Deployment.deleteIfExists("second"), await Deployment.deleteIfExists("second")]; })()',
    (deleted: boolean[]) => {
      assert.deepEqual(deleted, [true, false]);
    },
  ),
  "`deploy_obj.deploy()`": gives(
    "fetch(`${endpoint}/readyz`).then(async (answer) => [answer.status, await answer.text()])",
    ([status, text]: readonly [number, unknown]) => {
      assert.equal(status, 200, String(text));
    },
  ),
  "`deploy_obj.score_image(image_path)`": calls("deployment.scoreImage(imagePath)", isScored),
  "`deploy_obj.score_image(image_url)`": gives(
    "Promise.all([deployment.scoreImage(imageUrl), deployment.scoreImage(imagePath)])",
    ([byUrl, byPath]: readonly Scores[]) => {
      isScored(byUrl!);
      assert.deepEqual(byUrl!.scores, byPath!.scores);
    },
  ),
  "the same without softmax, which was its default": calls(
    "deployment.scoreImage(imagePath, { addSoftmax: false })",
    ({ scores }: Scores) => {
      assert.ok(Math.abs(sum(Object.values(scores)) - 1) > 1e-3, "logits do not sum to 1");
    },
  ),
  "`parameters={ClassificationRESTApiParameters.ADD_SOFTMAX: True}`": gives(
    "Promise.all([true, false].map((addSoftmax) => deployment.scoreImage(imagePath, { addSoftmax })))",
    ([probabilities, logits]: readonly Scores[]) => {
      isScored(probabilities!);
      const exponentials = Object.values(logits!.scores).map(Math.exp);
      const softmax = exponentials.map((each) => each / sum(exponentials));
      for (const [index, share] of Object.values(probabilities!.scores).entries())
        near(share, softmax[index]!);
    },
  ),
  "`image_resize_dims=[224,224]`": gives(
    "Promise.all([deployment.scoreImage(imagePath), model.predict([imagePath])])",
    ([served, [predicted]]: readonly [Scores, Scores[]]) => {
      for (const label of labels) near(served.scores[label]!, predicted!.scores[label]!);
    },
  ),
  "`timeit` around ten calls": calls(
    `deployment.loadTest({ connections: 2, requests: 10 }).then(${report})`,
    ({ state, steps: [step] }: { state: string; steps: readonly Record<string, unknown>[] }) => {
      const { requests, answers, errors } = step!;
      assert.deepEqual(
        { state, requests, answers, errors },
        { state: "finished", requests: 10, answers: 10, errors: [] },
      );
    },
  ),
  "`AMLDeployment.score_existing_service_with_image(image, url, service_key)`": gives(
    "Promise.all([imagePath, imageUrl].map((each) => Deployment.scoreExistingService(each, { endpoint, key })))",
    (scored: readonly Scores[]) => {
      assert.equal(scored.length, 2);
      scored.forEach(isScored);
    },
  ),
  // As the original's Python client sends it: several images, the bytes written as `b'...'`, and a header for its router.
  "`requests.post(service_endpoint_url, data=body, headers=headers)`": gives(
    `Promise.all(["/score", "/api/v1/service/wsdeployment/score"].map((path) => fetch(endpoint + path, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: \`Bearer \${key}\`, "x-marathon-app-id": "" },
      body: JSON.stringify([0, 1].map((index) => ({
        image_in_base64: \`b'\${readFileSync(testSet.images[index]!.path).toString("base64")}'\`,
        parameters: { add_softmax: true },
      }))),
    }).then((answer) => answer.json())))`,
    (answers: readonly string[][]) => {
      for (const documents of answers) {
        assert.equal(documents.length, 2);
        for (const document of documents) near(sum(JSON.parse(document) as number[]), 1);
      }
    },
  ),
  "`CNTKTLModel.parse_serialized_result(result)`": gives(
    "[score.scores, JSON.parse(serialized!)]",
    ([scores, theirs]: readonly [Scores["scores"], number[]]) => {
      assert.deepEqual(Object.keys(scores), labels);
      for (const [index, value] of Object.values(scores).entries()) near(value, theirs[index]!);
    },
  ),
  "`dnn_model.class_map[class_index]`": gives(
    "[score.label, JSON.parse(serialized!)]",
    ([label, theirs]: readonly [string, number[]]) => {
      assert.equal(label, labels[theirs.indexOf(Math.max(...theirs))]);
    },
  ),
  "`deploy_obj.build_docker_image()`": here((folder) => {
    if (process.platform !== "linux") return;
    const image = readFileSync(join(folder, "image.tar"));
    assert.equal(image.toString("latin1", 257, 262), "ustar");
    assert.ok(image.includes("manifest.json"));
  }),
  "`AMLDeployment.list_deployment()`": gives(
    "Deployment.list().then((all) => all.map(({ name, target, state }) => [name, target, state]))",
    (all: unknown) => {
      assert.deepEqual(all, [["wsdeployment", "local", "running"]]);
    },
  ),
  "`deploy_obj.delete()`": gives(
    "deployment.delete().then(async (deleted) => [deleted, await deployment.exists(), await Deployment.list()])",
    (gone: unknown) => {
      assert.deepEqual(gone, [true, false, []]);
    },
  ),
};

/** By the headings of the page, and by the left cells of its tables. */
export const rowChecks: Readonly<Record<string, Readonly<Record<string, RowCheck>>>> = {
  Data: data,
  Augmentation: augmentation,
  Training: training,
  Evaluation: evaluation,
  Widgets: widgets,
  Deployment: deployment,
};

/** What the cells of the checks use besides what the program has. */
export const prelude = `
import { readFileSync } from "node:fs";
const plain = (_name: string, value: unknown): unknown =>
  value instanceof Float64Array || value instanceof Float32Array || value instanceof Int32Array ? [...value] : value;
const tell = (result: unknown): void => {
  console.log(JSON.stringify(result, plain));
};
const ramp = { width: 20, height: 10, data: Uint8Array.from({ length: 600 }, (_, at) => Math.floor(at / 3) % 20) };
`;
