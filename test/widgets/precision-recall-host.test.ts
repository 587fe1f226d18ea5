import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { PrecisionRecallState } from "../../widgets/state/index.js";
import { KernelClient } from "../kernel/client.js";
import { temporaryFolder } from "../support.js";
import { copyTableware, evaluateTableware } from "./evaluated-tableware.js";
import { WidgetClient } from "./widget-client.js";

describe("PrecisionRecallUI in a kernel", () => {
  const folder = temporaryFolder();
  let kernel: KernelClient;
  let widget: WidgetClient<PrecisionRecallState>;
  before(async () => {
    copyTableware(folder);
    kernel = await KernelClient.start(folder);
    widget = await WidgetClient.open(
      kernel,
      "PrecisionRecallView",
      `${evaluateTableware}; const ui = new PrecisionRecallUI(evaluation);`,
    );
  });
  after(() => kernel.stop());

  async function value<T>(code: string): Promise<T> {
    return (await widget.value(code)) as T;
  }

  test("every step of the curve of every label, and of the micro average, is what the evaluation says", async () => {
    for (const of of [0, 1, 2, 3, 4]) {
      const label = of === 4 ? '{ average: "micro" }' : String(of);
      const { curve } = await widget.set({ choice: { of, threshold: 0 } });
      assert.equal(curve.of, of);
      const expected = await value<{ precision: number; recall: number }[]>(
        `${JSON.stringify(curve.thresholds)}.map((threshold) => evaluation.metricsAtThreshold(${label}, threshold))`,
      );
      assert.deepEqual(
        curve.precision,
        expected.map(({ precision }) => precision),
      );
      assert.deepEqual(
        curve.recall,
        expected.map(({ recall }) => recall),
      );
    }
  });

  test("a view's threshold is the kernel's, and the other way round", async () => {
    const { point, cells, decided } = await widget.set({ choice: { of: 1, threshold: 0.7 } });
    assert.equal(await value("ui.threshold"), 0.7);
    assert.equal(await value("ui.label"), "cup");
    assert.deepEqual(await value("ui.thresholds"), { bowl: 0, cup: 0.7, cutlery: 0, plate: 0 });
    const { label, falsePositiveRate, ...expected } = await value<Record<string, unknown>>(
      'evaluation.metricsAtThreshold("cup", 0.7)',
    );
    assert.equal(label, "cup");
    assert.equal(typeof falsePositiveRate, "number");
    assert.deepEqual(point, { of: 1, ...expected });
    const matrix = await value<number[][]>("evaluation.confusionMatrixAt({ cup: 0.7 })");
    assert.deepEqual(
      cells,
      matrix.flatMap((row, i) => row.flatMap((count, j) => (count === 0 ? [] : [[i, j, count]]))),
    );
    assert.equal(decided, 63 - matrix.reduce((sum, row) => sum + row[4]!, 0));

    await kernel.run('ui.threshold = 0.25; ui.thresholds["plate"] = 0.5; ui.label = "plate"');
    assert.deepEqual(widget.state.choice, { of: 3, threshold: 0.5 });
    assert.deepEqual(widget.state.thresholds, [0, 0.25, 0, 0.5, 0]);
    assert.equal(widget.state.curve.of, 3);
  });

  test("to look at a label chooses nothing; to choose for the micro average chooses for all labels", async () => {
    await widget.set({ choice: { of: 4, threshold: 0 } });
    assert.deepEqual(await value("Object.values(ui.thresholds)"), [0, 0.25, 0, 0.5]);
    await widget.set({ choice: { of: 4, threshold: 0.4 } });
    assert.deepEqual(await value("Object.values(ui.thresholds)"), [0.4, 0.4, 0.4, 0.4]);
    assert.equal(await value("ui.label"), "micro average");
  });

  test("a goal is met, or the answer says why not", async () => {
    const { content } = await widget.ask("goal", { of: 1, goal: { precision: 0.9 } });
    assert.equal(widget.state.choice.threshold, content);
    assert.ok(widget.state.point.precision >= 0.9);
    assert.equal(
      await value("ui.choose('f1')"),
      await value("evaluation.chooseThreshold({ label: 'cup' }, 'f1')"),
    );
    await assert.rejects(widget.ask("goal", { of: 9, goal: "f1" }), {
      message: "This goal is not understood.",
    });
  });

  test("a saved notebook keeps the curves with the thresholds, and the figures as text", async () => {
    const { displayed: data } = await kernel.run('ui.label = "cup"; ui.threshold = 0.5; ui', {
      allow_stdin: true,
    });
    assert.match(data["text/plain"]!, /^cup at threshold 0.5: precision 0\.\d{3}, recall [01]\.\d{3}/);
    assert.match(data["image/svg+xml"]!, /^<svg /);
    assert.ok("image/png" in data && "application/vnd.jupyter.widget-view+json" in data);
  });

  test("what it keeps follows the thresholds: a cell's at once, a view's once it rests", async () => {
    const { published } = await kernel.run("ui.threshold = 0.6;", { allow_stdin: true });
    assert.ok(published.some(({ header }) => header.msg_type === "update_display_data"));
    assert.match(widget.renewed.at(-1)!["text/plain"]!, /^cup at threshold 0.6: /);
    await widget.renewal(async () => {
      for (const threshold of [0.1, 0.2, 0.3, 0.4]) await widget.set({ choice: { of: 1, threshold } });
    }, /^cup at threshold 0.4: /);
  });

  test("what is no threshold is refused", async () => {
    const { text } = await kernel.run("ui.threshold = 1.5");
    assert.equal(text, "ArgumentError: PrecisionRecallUI: threshold must be a number in [0, 1], got 1.5.");
    const before = widget.state.choice;
    const { choice } = await widget.set({ choice: { of: 1, threshold: Number.NaN } });
    assert.deepEqual(choice, before);
  });

  test("it needs no image: when their folder has vanished, figures and what is saved stay right", async () => {
    rmSync(join(folder, "tableware"), { recursive: true });
    const { point } = await widget.set({ choice: { of: 1, threshold: 0.35 } });
    const { recall } = await value<{ recall: number }>('evaluation.metricsAtThreshold("cup", 0.35)');
    assert.equal(point.recall, recall);
    await widget.renewal(
      () => widget.set({ choice: { of: 1, threshold: 0.45 } }),
      /^cup at threshold 0.45: /,
    );
  });
});
