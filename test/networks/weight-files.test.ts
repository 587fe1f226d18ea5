import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import {
  buildNetwork,
  decodeWeights,
  fitWeights,
  initializeWeights,
  parametersOf,
  readSafetensors,
  writeSafetensors,
  type BaseModelName,
  type Weights,
  type WeightTensor,
} from "../../src/networks/index.js";
import { Random } from "../../src/random.js";
import { goldenPath } from "../support.js";

interface FilesGolden {
  readonly tensors: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly data: readonly (number | string)[] }>
  >;
  readonly files: Readonly<Record<string, string>>;
  readonly refused: Readonly<Record<string, string>>;
}

const golden = JSON.parse(readFileSync(goldenPath("weight-files.json"), "utf8")) as FilesGolden;
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

suite("what PyTorch and safetensors wrote is read back exactly", () => {
  for (const [form, base64] of Object.entries(golden.files)) {
    test(form, () => {
      const { tensors } = decodeWeights(bytesOf(base64), "file");
      const expected = Object.entries(golden.tensors).map(([name, { shape, data }]) => [
        name,
        { shape, data: Float32Array.from(data, Number) },
      ]);
      assert.deepEqual(Object.fromEntries(tensors), Object.fromEntries(expected));
    });
  }
});

suite("a PyTorch file that holds more than data is refused, and nothing in it runs", () => {
  const messages: Readonly<Record<string, RegExp>> = {
    "a whole module": /^file: names the Python object torch\.nn\.modules\.linear\.Linear; only tensors/,
    "a namespace": /^file: names the Python object argparse\.Namespace; only tensors/,
    "a system call": /^file: names the Python object posix\.system; only tensors, their storages and ordered/,
    "no tensors":
      /^file: holds no dictionary of tensors\. Save the weights alone: torch\.save\(model\.state_dict\(\)/,
  };
  for (const [what, base64] of Object.entries(golden.refused)) {
    test(what, () => {
      assert.throws(() => decodeWeights(bytesOf(base64), "file"), { message: messages[what] });
    });
  }
});

suite("every truncation of a weights file is an error in one sentence", () => {
  for (const [form, base64] of Object.entries(golden.files)) {
    test(form, () => {
      const whole = bytesOf(base64);
      for (let length = 0; length < whole.length; length += 7) {
        assert.throws(() => decodeWeights(whole.subarray(0, length), "file"), {
          name: "FileError",
          message: /^file: /,
        });
      }
    });
  }
});

suite(
  "a damaged byte gives other numbers at most where no checksum guards it, and never an odd error",
  () => {
    for (const [form, base64] of Object.entries(golden.files)) {
      test(form, () => {
        const random = new Random(1);
        for (let i = 0; i < 300; i++) {
          const bytes = bytesOf(base64);
          bytes[random.integer(bytes.length)] = random.integer(256);
          try {
            decodeWeights(bytes, "file");
          } catch (error) {
            assert.equal((error as Error).name, "FileError", String(error));
          }
        }
      });
    }
  },
);

const tensor = (shape: number[], ...data: number[]): WeightTensor => ({
  shape,
  data: Float32Array.from(data),
});

test("safetensors written here are read back, metadata and order included", () => {
  const weights: Weights = new Map([
    ["b", tensor([2, 1], 1, -2.5)],
    ["a", tensor([], 7)],
    ["none", tensor([0, 3])],
  ]);
  const { tensors, metadata } = readSafetensors(writeSafetensors(weights, { made: "here" }), "file");
  assert.deepEqual([...tensors], [...weights]);
  assert.deepEqual(metadata, { made: "here" });
});

suite("safetensors whose header and data disagree name the tensor", () => {
  const file = (header: unknown, dataBytes: number): Uint8Array => {
    const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
    const bytes = new Uint8Array(8 + json.length + dataBytes);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    return bytes;
  };
  const entry = (shape: unknown, begin: number, end: number, dtype = "F32"): unknown => ({
    dtype,
    shape,
    data_offsets: [begin, end],
  });
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    [
      "range past the end",
      file({ w: entry([2], 0, 8) }, 4),
      'tensor "w" should lie in bytes 0 to 8 of the data, which has 4. Download it again.',
    ],
    [
      "range of another size",
      file({ w: entry([3], 0, 8) }, 8),
      'tensor "w" of shape [3] needs 12 bytes, its range has 8. Download it again.',
    ],
    [
      "unknown dtype",
      file({ w: entry([8], 0, 8, "F8_E4M3") }, 8),
      'tensor "w" has dtype F8_E4M3, which must be one of F16, BF16, F32, F64, U8, I8, I16, I32, I64, BOOL. ' +
        "Save the weights as float32 or float16.",
    ],
    [
      "negative size",
      file({ w: entry([-1], 0, 4) }, 4),
      'tensor "w" has no valid shape in the header. Download it again.',
    ],
    [
      "overlap",
      file({ v: entry([2], 0, 8), w: entry([2], 4, 12) }, 12),
      "has tensors that overlap or leave a gap at byte 8 of the data.",
    ],
    [
      "bytes that no tensor owns",
      file({ w: entry([1], 0, 4) }, 8),
      "has 8 bytes of data, its tensors need 4.",
    ],
    ["header that is no JSON", file("{oops", 0), "is no safetensors file: its header is not JSON."],
  ];
  for (const [what, bytes, message] of cases) {
    test(what, () => {
      assert.throws(() => readSafetensors(bytes, "file"), { name: "FileError", message: `file: ${message}` });
    });
  }
});

type NamesGolden = Readonly<Record<string, Readonly<Record<string, string>>>>;

suite("names of other libraries are brought to ours, every tensor of the network", () => {
  const names = JSON.parse(readFileSync(goldenPath("weight-names.json"), "utf8")) as NamesGolden;
  for (const [name, libraries] of Object.entries(names)) {
    const network = buildNetwork(name as BaseModelName, { labels: 1000 });
    for (const [library, list] of Object.entries(libraries)) {
      test(`${name} of ${library}`, () => {
        // Each tensor is filled with a number of its own, so that a swap of two of one shape shows.
        const tensors = new Map(
          list.split(" ").map((item, i): [string, WeightTensor] => {
            const [tensorName, sizes] = item.split(":") as [string, string];
            const shape = sizes === "" ? [] : sizes.split("x").map(Number);
            const size = shape.reduce((product, extent) => product * extent, 1);
            return [tensorName, { shape, data: new Float32Array(size).fill(i) }];
          }),
        );
        const { weights, fresh } = fitWeights(network, tensors, { path: "file" });
        assert.deepEqual(fresh, []);
        const kept = [...tensors.keys()].filter((key) => !key.endsWith("num_batches_tracked"));
        const order = parametersOf(network).map((spec) =>
          kept.indexOf(sourceOf(spec.name, weights, tensors)),
        );
        assert.equal(new Set(order).size, kept.length);
        // The libraries list a module's tensors together; within a module the order is ours too.
        for (const [i, spec] of parametersOf(network).entries()) {
          const next = parametersOf(network)[i + 1];
          if (next?.node === spec.node)
            assert.equal(order[i + 1], order[i]! + 1, `${spec.name} and ${next.name}`);
        }
      });
    }
  }
});

/** The file's name for what a parameter was filled with. */
function sourceOf(parameter: string, weights: Weights, tensors: Weights): string {
  const value = weights.get(parameter)!.data[0]!;
  return [...tensors.keys()][value]!;
}

suite("a file that does not fit names tensors and both shapes", () => {
  const network = buildNetwork("ResNet18", { labels: 4 });
  const whole = initializeWeights(network, new Random(1));
  const changed = (change: (weights: Map<string, WeightTensor>) => void): Weights => {
    const weights = new Map(whole);
    change(weights);
    return weights;
  };
  const cases: readonly (readonly [string, Weights, RegExp])[] = [
    [
      "another shape",
      changed((weights) => weights.set("layer1.0.conv1.weight", tensor([1], 0))),
      /^file: does not fit ResNet18: shapes differ layer1\.0\.conv1\.weight must be \[64, 64, 3, 3\], got \[1\]\. Check/,
    ],
    [
      "a missing tensor",
      changed((weights) => weights.delete("bn1.running_var")),
      /^file: does not fit ResNet18: missing bn1\.running_var\. /,
    ],
    [
      "another network, the list shortened",
      initializeWeights(buildNetwork("ResNet34", { labels: 4 }), new Random(1)),
      /^file: does not fit ResNet18: unexpected layer1\.2\.conv1\.weight, .*layer1\.2\.bn1\.running_var and 75 more\. /,
    ],
    [
      "another number of labels, and no fresh head allowed",
      changed((weights) => weights.set("fc.weight", tensor([1, 512], ...new Array<number>(512).fill(0)))),
      /shapes differ fc\.weight must be \[4, 512\], got \[1, 512\]\. Build the network for the file's number of labels/,
    ],
    [
      "a value that is no number",
      changed((weights) => weights.set("fc.bias", tensor([4], 0, NaN, 0, 0))),
      /^file: holds values that are not finite numbers: in fc\.bias\.$/,
    ],
  ];
  for (const [what, weights, message] of cases) {
    test(what, () => {
      assert.throws(() => fitWeights(network, weights, { path: "file" }), { name: "FileError", message });
    });
  }

  test("a head for another number of labels is drawn anew where that is allowed, the rest is kept", () => {
    const other = buildNetwork("ResNet18", { labels: 9 });
    const fitted = fitWeights(other, whole, { path: "file", freshHead: new Random(5) });
    assert.deepEqual(fitted.fresh, ["fc.weight", "fc.bias"]);
    assert.deepEqual(fitted.weights.get("fc.weight")!.shape, [9, 512]);
    assert.equal(fitted.weights.get("conv1.weight")!.data, whole.get("conv1.weight")!.data);
    const again = fitWeights(other, whole, { path: "file", freshHead: new Random(5) });
    assert.deepEqual(again.weights.get("fc.bias"), fitted.weights.get("fc.bias"));
  });

  test("a head of another width is no head for other labels", () => {
    const weights = changed((w) => w.set("fc.weight", tensor([4, 1], 0, 0, 0, 0)));
    assert.throws(() => fitWeights(network, weights, { path: "file", freshHead: new Random(5) }), {
      message: /shapes differ fc\.weight must be \[4, 512\], got \[4, 1\]/,
    });
  });
});
