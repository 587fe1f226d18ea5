import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openOnnxBackbone, type OnnxBackbone } from "../../src/engine/onnx-backbone.js";
import { encodeOnnx, type OnnxModel, type OnnxNode, type OnnxTensor } from "../../src/engine/onnx-format.js";
import { openFeaturizer, writeOnnx } from "../../src/export/index.js";
import { evaluate } from "../export/reference.js";
import { depthwiseNetwork, randomBatch, randomWeights, residualNetwork } from "../export/sample-networks.js";
import { developmentData, goldenPath, skipWithout, temporaryFolder } from "../support.js";

const folder = temporaryFolder();

test(
  "SqueezeNet gives the features that Python's onnxruntime gives",
  { skip: skipWithout("squeezenet1.1.onnx") },
  async () => {
    const golden = JSON.parse(readFileSync(goldenPath("squeezenet-features.json"), "utf8")) as {
      size: number;
      height: number;
      width: number;
      features: number[][];
    };
    const { size, height, width } = golden;
    const pixels = Uint8Array.from(
      { length: size * height * width * 3 },
      (_, i) => Math.floor((i * 7919) / 64) % 256,
    );
    const onnx = developmentData("squeezenet1.1.onnx")!;
    // By name, by default, and the map of features inside the graph whose mean they are.
    for (const choice of [{ output: "features" }, {}, { output: "fire9/concat_drop9" }]) {
      const featurizer = await openOnnxBackbone({ onnx, ...choice });
      assert.equal(featurizer.featureSize, 512);
      assert.equal(featurizer.imageSize, undefined);
      assertClose(await featurizer.run({ size, height, width, pixels }), golden.features.flat());
      await featurizer.dispose();
    }
  },
);

for (const network of [residualNetwork, depthwiseNetwork]) {
  test(`${network.name}: our own networks and their files give the features of the definition`, async () => {
    const weights = randomWeights(network, 2);
    const batch = randomBatch(3, 40, 33, 1);
    const expected = evaluate(network, weights, batch).get("pool")!.data;
    const onnx = join(folder, `${network.name}.onnx`);
    writeFileSync(onnx, writeOnnx(network, weights, { outputs: ["features", "logits"] }));
    const last = network.nodes.at(-4)!.name === "bn3" ? "project" : "relu3";
    for (const backbone of [
      { network, weights },
      { onnx },
      { onnx, output: "pool" },
      { onnx, output: last },
    ]) {
      const featurizer = await openFeaturizer(backbone);
      assert.equal(featurizer.featureSize, expected.length / 3);
      assertClose(await featurizer.run(batch), expected);
      await featurizer.dispose();
    }
  });
}

interface SmallModel {
  readonly shape?: readonly (number | string)[];
  readonly elementType?: number;
  readonly nodes?: readonly OnnxNode[];
  readonly constants?: readonly OnnxTensor[];
  readonly inputs?: readonly string[];
}

/** A model whose output `y` is, unless told otherwise, its input `x`. */
function smallModel(
  name: string,
  { shape = ["n", 3, "h", "w"], elementType = 1, ...parts }: SmallModel = {},
): string {
  const model: OnnxModel = {
    irVersion: 8,
    opsetImport: [{ domain: "", version: 18 }],
    graph: {
      name: "small",
      node: parts.nodes ?? [{ opType: "Identity", input: ["x"], output: ["y"] }],
      initializer: parts.constants ?? [],
      input: (parts.inputs ?? ["x"]).map((input) => ({
        name: input,
        type: {
          tensorType: {
            elemType: elementType,
            shape: {
              dim: shape.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size })),
            },
          },
        },
      })),
      output: [{ name: "y", type: { tensorType: { elemType: elementType } } }],
    },
  };
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, encodeOnnx(model));
  return path;
}

async function featuresOf(backbone: OnnxBackbone, size = 1, side = 2): Promise<number[]> {
  const featurizer = await openOnnxBackbone({ imageSize: [side, side], ...backbone });
  const pixels = Uint8Array.from(
    { length: size * side * side * 3 },
    (_, i) => (i % 3) * 51 + 51 * Math.floor(i / 12),
  );
  const features = await featurizer.run({ size, height: side, width: side, pixels });
  await featurizer.dispose();
  return [...features];
}

const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.25, 0.125] } as const;
const zeroToOne = { mean: [0, 0, 0], std: [1, 1, 1] } as const;

test("pixels are normalised as torchvision writes it, by default with ImageNet's numbers", async () => {
  const onnx = smallModel("identity");
  // The image is red 0, green 51, blue 102 everywhere: 0, 0.2 and 0.4 of full scale.
  assertClose(await featuresOf({ onnx, ...zeroToOne }), [0, 0.2, 0.4]);
  assertClose(await featuresOf({ onnx, ...half }), [-1, -1.2, -0.8]);
  assertClose(await featuresOf({ onnx }), [-0.485 / 0.229, (0.2 - 0.456) / 0.224, (0.4 - 0.406) / 0.225]);
  assertClose(await featuresOf({ onnx, pixels: "raw" }), [0, 51, 102]);
});

test("channels may come last, in the input and in the output", async () => {
  const last = smallModel("nhwc", { shape: ["n", "h", "w", 3] });
  assertClose(await featuresOf({ onnx: last, ...zeroToOne }), [0, 0.2, 0.4]);
  assertClose(await featuresOf({ onnx: last, pixels: "raw" }), [0, 51, 102]);
  const nodes: OnnxNode[] = [
    { opType: "Transpose", input: ["x"], output: ["t"], attribute: [perm(0, 3, 1, 2)] },
    {
      opType: "MaxPool",
      input: ["t"],
      output: ["p"],
      attribute: [{ name: "kernel_shape", type: 7, ints: [1, 1] }],
    },
    { opType: "Relu", input: ["p"], output: ["r"] },
    { opType: "Transpose", input: ["r"], output: ["y"], attribute: [perm(0, 2, 3, 1)] },
  ];
  const both = smallModel("both", { shape: ["n", "h", "w", 3], nodes });
  for (const output of ["p", "r", "y"]) {
    assertClose(await featuresOf({ onnx: both, output, ...zeroToOne }), [0, 0.2, 0.4]);
  }
});

test("a fixed batch and size are kept to", async () => {
  const onnx = smallModel("fixed", { shape: [2, 3, 2, 2] });
  const featurizer = await openOnnxBackbone({ onnx });
  assert.deepEqual(featurizer.imageSize, [2, 2]);
  await featurizer.dispose();
  // Three images through batches of two; each is 51 brighter than the one before.
  assertClose(await featuresOf({ onnx, pixels: "raw" }, 3), [0, 51, 102, 51, 102, 153, 102, 153, 204]);
  await assert.rejects(
    featuresOf({ onnx }, 1, 4),
    /imageSize must be \[2, 2\], the only one the graph takes, got \[ 4, 4 \]/,
  );
});

test("tensors in another file of the same folder are read, from elsewhere refused", async () => {
  const model = (name: string, location: string): string =>
    smallModel(name, {
      nodes: [
        { opType: "Add", input: ["x", "shift"], output: ["a"] },
        { opType: "Identity", input: ["a"], output: ["y"] },
      ],
      constants: [
        {
          name: "shift",
          dims: [3, 1, 1],
          dataType: 1,
          dataLocation: 1,
          externalData: [{ key: "location", value: location }],
        },
      ],
    });
  mkdirSync(join(folder, "models"));
  const values = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
  writeFileSync(join(folder, "models", "weights.bin"), values);
  writeFileSync(join(folder, "secret.bin"), values);
  symlinkSync(join(folder, "secret.bin"), join(folder, "models", "link.bin"));
  const inside = model("models/inside", "weights.bin");
  for (const output of ["y", "a"])
    assertClose(await featuresOf({ onnx: inside, output, pixels: "raw" }), [1, 53, 105]);
  for (const location of ["../secret.bin", join(folder, "secret.bin"), "link.bin"]) {
    await assert.rejects(openOnnxBackbone({ onnx: model("models/outside", location) }), {
      name: "FileError",
      message:
        /outside\.onnx: keeps tensors in ".*", outside its own folder\. Put the data file beside the model/,
    });
  }
  await assert.rejects(
    openOnnxBackbone({ onnx: model("models/missing", "gone.bin") }),
    /missing\.onnx: keeps tensors in "gone\.bin", which is missing/,
  );
});

const refusals: { name: string; backbone: () => OnnxBackbone; message: RegExp }[] = [
  {
    name: "a file that is absent",
    backbone: () => ({ onnx: join(folder, "absent.onnx") }),
    message: /absent\.onnx: cannot be read \(ENOENT/,
  },
  {
    name: "a file that is no model",
    backbone: () => {
      writeFileSync(join(folder, "text.onnx"), "This is no model.");
      return { onnx: join(folder, "text.onnx") };
    },
    message: /text\.onnx: is not an ONNX model/,
  },
  {
    name: "an output that is not there",
    backbone: () => ({ onnx: smallModel("identity"), output: "z" }),
    message: /output must be the name of an output of the graph \("y"\) or of a tensor inside it, got "z"/,
  },
  {
    name: "an output that is not said where there are several",
    backbone: () => {
      const onnx = join(folder, "several.onnx");
      const outputs = ["logits", "probabilities"] as const;
      writeFileSync(onnx, writeOnnx(residualNetwork, randomWeights(residualNetwork, 1), { outputs }));
      return { onnx };
    },
    message:
      /\("logits", "probabilities"\) or of a tensor inside it \(the last ones are .*"fc"\), got undefined/,
  },
  {
    name: "a second input",
    backbone: () => ({ onnx: smallModel("two", { inputs: ["x", "mask"] }) }),
    message: /two\.onnx: must have one input, the images, got "x", "mask"/,
  },
  {
    name: "half precision",
    backbone: () => ({ onnx: smallModel("half", { elementType: 10 }) }),
    message: /input "x" must take float32, got element type 10/,
  },
  {
    name: "channels that are free",
    backbone: () => ({ onnx: smallModel("free", { shape: ["n", "c", "h", "w"] }) }),
    message:
      /input "x" must be \[batch, 3, height, width\] or .*got \[n, c, h, w\]\. If its channels are free, name/,
  },
  {
    name: "an output of three dimensions",
    backbone: () => ({
      onnx: smallModel("sequence", {
        nodes: [{ opType: "Squeeze", input: ["x", "axis"], output: ["y"] }],
        constants: [
          { name: "axis", dims: [1], dataType: 7, rawData: new Uint8Array(BigInt64Array.of(2n).buffer) },
        ],
      }),
      imageSize: [1, 2],
    }),
    message: /output must be a tensor of 2 dimensions \(features\) or 4 .*got "one of 3: \[1, 3, 2\]"/,
  },
  {
    name: "a standard deviation of zero",
    backbone: () => ({ onnx: smallModel("identity"), std: [0, 1, 1] }),
    message: /std must be three numbers in units of 0 to 1, each std above 0, got \[ 0, 1, 1 \]/,
  },
  {
    name: "a mean for raw pixels",
    backbone: () => ({ onnx: smallModel("identity"), pixels: "raw", mean: [0, 0, 0] }),
    message: /pixels must be "normalized" where mean or std is given, got "raw"/,
  },
];
for (const { name, backbone, message } of refusals) {
  test(`refused: ${name}`, async () => {
    await assert.rejects(openOnnxBackbone(backbone()), message);
  });
}

function perm(...axes: number[]): NonNullable<OnnxNode["attribute"]>[number] {
  return { name: "perm", type: 7, ints: axes };
}

/** Largest difference at most 1e-4 of the largest value. */
function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(found.length, expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < found.length; i++) {
    assert.ok(
      Math.abs(found[i]! - expected[i]!) <= 1e-4 * scale,
      `element ${i}: ${found[i]!}, not ${expected[i]!}`,
    );
  }
}
