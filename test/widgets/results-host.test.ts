import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import sharp from "sharp";

import type { ResultsFilters, ResultsState } from "../../widgets/state/index.js";
import { allResults } from "../../widgets/state/index.js";
import { KernelClient } from "../kernel/client.js";
import { temporaryFolder } from "../support.js";
import { copyTableware, evaluateTableware } from "./evaluated-tableware.js";
import { WidgetClient } from "./widget-client.js";

describe("ResultsUI in a kernel", () => {
  const folder = temporaryFolder();
  let kernel: KernelClient;
  let widget: WidgetClient<ResultsState>;
  before(async () => {
    copyTableware(folder);
    kernel = await KernelClient.start(folder);
    widget = await WidgetClient.open(
      kernel,
      "ResultsView",
      `${evaluateTableware}; const ui = new ResultsUI(dataset, evaluation);`,
    );
  });
  after(() => kernel.stop());

  /** A value of the kernel's, which must be JSON. */
  async function value<T>(code: string): Promise<T> {
    return (await widget.value(code)) as T;
  }

  test("starts with the most confident mistakes first", async () => {
    const { image, found, size, problems, strip } = widget.state;
    const mistakes = await value<{ id: string }[]>("evaluation.mistakes()");
    assert.equal(size, 63);
    assert.equal(found.count, 63);
    assert.equal(found.wrong, mistakes.length);
    assert.equal(image?.id, mistakes[0]!.id);
    assert.equal(image.isRight, false);
    assert.deepEqual(
      strip.slice(0, mistakes.length).map(({ id }) => id),
      mistakes.slice(0, strip.length).map(({ id }) => id),
    );
    assert.deepEqual(problems, ["broken.jpg: the file ends early."]);
  });

  test("filters combine: each leaves what all others leave too", async () => {
    const all = await value<{ id: string; truth: number; prediction: number; confidence: number }[]>(
      `evaluation.ids.map((id, row) => ({ id, truth: evaluation.labelIndices[row], prediction: evaluation.predictions[row],
         confidence: Math.max(...rows[row]!) }))`,
    );
    const cases: Partial<ResultsFilters>[] = [
      { wrong: false },
      { right: false },
      { right: false, wrong: false },
      { trueLabel: 1 },
      { predictedLabel: 2 },
      { trueLabel: 1, predictedLabel: 1, wrong: false },
      { trueLabel: 1, predictedLabel: 1, right: false },
      { confidence: [0.5, 0.7] },
      { right: false, trueLabel: 3, confidence: [0, 0.6], sort: "loss" },
      { predictedLabel: 3, confidence: [0.5, 1], sort: "name" },
    ];
    for (const part of cases) {
      const filters = { ...allResults, sort: "dataset" as const, ...part };
      const { found, image } = await widget.set({ filters, position: 0 });
      const expected = all.filter(
        ({ truth, prediction, confidence }) =>
          (truth === prediction ? filters.right : filters.wrong) &&
          (filters.trueLabel ?? truth) === truth &&
          (filters.predictedLabel ?? prediction) === prediction &&
          confidence >= filters.confidence[0] &&
          confidence <= filters.confidence[1],
      );
      assert.deepEqual(found.filters, filters);
      assert.equal(found.count, expected.length, JSON.stringify(part));
      const ids: string[] = [];
      for (let position = 0; position < found.count; position += 13) {
        const { strip } = await widget.set({ position: Math.min(position + 6, found.count - 1) });
        for (const row of strip) ids[row.position] = row.id;
      }
      assert.deepEqual(new Set(ids), new Set(expected.map(({ id }) => id)), JSON.stringify(part));
      if (filters.sort === "dataset")
        assert.deepEqual(
          ids,
          expected.map(({ id }) => id),
        );
      assert.equal(image?.id, ids[0]);
    }
    await widget.set({ filters: allResults, position: 0 });
  });

  test("a confusion's cell has as many images as its filters leave", async () => {
    for (const [trueLabel, predictedLabel, count] of widget.state.cells) {
      const { found } = await widget.set({ filters: { ...allResults, trueLabel, predictedLabel } });
      assert.equal(found.count, count);
    }
    await widget.set({ filters: allResults, position: 0 });
  });

  test("filters and places that make no sense change nothing", async () => {
    const before = widget.state.found;
    for (const filters of [
      null,
      {},
      { ...allResults, trueLabel: 4 },
      { ...allResults, confidence: [0, 2] },
    ]) {
      const state = await widget.set({ filters: filters as unknown as ResultsFilters });
      assert.deepEqual(state.filters, allResults);
      assert.deepEqual(state.found, before);
    }
    assert.equal((await widget.set({ position: 1e6 })).position, 62);
    assert.equal((await widget.set({ position: -1 })).position, 0);
  });

  test("a picture comes at the size asked for, and only of the dataset's images", async () => {
    const { id } = widget.state.image!;
    const question = { ids: [id, "../../../etc/passwd"], size: 256, view: "test", turn: 0 };
    const { buffers } = await widget.ask("thumbnails", question);
    assert.equal((await sharp(buffers[0]).metadata()).width, 256);
    assert.equal(buffers[1]!.length, 0);
    const whole = await widget.ask("picture", { id });
    assert.equal((await sharp(whole.buffers[0]).metadata()).width, 640);
    await assert.rejects(widget.ask("picture", { id: "../../../etc/passwd" }), {
      message: "No image of this dataset is named ../../../etc/passwd.",
    });
  });

  test("relabelling changes the dataset and its file, not the figures, and can be undone", async () => {
    const { image } = await widget.set({ position: 0 });
    const ids = [image!.id];
    const accuracy = await value<number>("evaluation.accuracy");
    const { content } = await widget.ask("edit", { action: "setLabel", ids, label: "plate" });
    const { image: relabelled, changedCount, canUndo, said } = await widget.settled();
    assert.deepEqual(content, { said });
    assert.deepEqual(relabelled!.labels, ["plate"]);
    assert.equal(relabelled!.trueLabel, image!.trueLabel);
    assert.equal(changedCount, 1);
    assert.equal(canUndo, true);
    const stored = readFileSync(join(folder, "tableware", "sightbook.labels.json"), "utf8");
    assert.match(stored, new RegExp(image!.id));
    assert.deepEqual(await value(`dataset.entry("${image!.id}")!.labels`), ["plate"]);
    assert.equal(await value<number>("evaluation.accuracy"), accuracy);
    await widget.ask("edit", { action: "undo" });
    const undone = await widget.settled();
    assert.deepEqual(undone.image!.labels, image!.labels);
    assert.equal(undone.changedCount, 0);
    await assert.rejects(widget.ask("edit", { action: "setLabel", ids, label: "fork" }), {
      message: /labels must be labels of this dataset, got "fork"/,
    });
    assert.match((await widget.settled()).trouble, /got "fork"/);
  });

  test("excluded images stay, marked so, and come back, from here and from a cell", async () => {
    const { id } = widget.state.image!;
    await widget.ask("edit", { action: "exclude", ids: [id] });
    assert.equal((await widget.settled()).image!.excluded, true);
    assert.equal(await value<number>("dataset.size"), 62);
    await kernel.run(`await dataset.restore("${id}")`);
    assert.equal((await widget.settled()).image!.excluded, false);
  });

  test("an image whose file has vanished is said to be gone", async () => {
    const { image } = await widget.set({ position: 20 });
    rmSync(join(folder, "tableware", image!.id));
    await widget.ask("thumbnails", { ids: [image!.id], size: 300, view: "test", turn: 1 });
    assert.match((await widget.settled()).image!.problem, /no such file/);
  });

  test("a saved notebook keeps the most confident mistakes as picture and table", async () => {
    const { displayed: data } = await kernel.run("ui", { allow_stdin: true });
    const mistakes = await value<{ id: string; predictedLabel: string }[]>("evaluation.mistakes()");
    assert.match(data["text/plain"]!, new RegExp(`of ${mistakes.length} mistakes`));
    const html = data["text/html"]!;
    assert.equal(html.match(/<tr><td>/g)!.length, Math.min(12, mistakes.length));
    assert.ok(html.includes(mistakes[0]!.id.split("/")[1]!));
    const png = await sharp(Buffer.from(data["image/png"]!, "base64")).metadata();
    assert.ok(png.width > 600 && png.height > 200);
    assert.ok(data["image/png"]!.length < 1_000_000);
    assert.ok("application/vnd.jupyter.widget-view+json" in data);

    const { id } = mistakes[0]!;
    await widget.renewal(
      () => widget.ask("edit", { action: "setLabel", ids: [id], label: "cutlery" }),
      /<td>\w+ \(now cutlery\)<\/td>/,
    );
    await widget.ask("edit", { action: "undo" });
  });

  test("an evaluation of other images is refused", async () => {
    const { text } = await kernel.run(
      "new ResultsUI(dataset, new ClassificationEvaluation({ labels: dataset.labels, labelIndices: [0], scores: [1, 0, 0, 0] }))",
    );
    assert.match(
      text!,
      /^ArgumentError: ResultsUI: evaluation must be of the test set's images, by their ids, got \[ 0 \]\./,
    );
  });
});
