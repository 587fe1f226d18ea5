/** The training monitor in a kernel, whose images change on the disk while it learns. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { MonitorState } from "../../widgets/state/index.js";
import { KernelClient } from "../kernel/client.js";
import { temporaryFolder } from "../support.js";
import { copyTableware } from "./evaluated-tableware.js";
import { WidgetClient } from "./widget-client.js";

describe("a training in a kernel", () => {
  const folder = temporaryFolder();
  const tableware = join(folder, "tableware");
  let kernel: KernelClient;
  before(async () => {
    copyTableware(folder);
    kernel = await KernelClient.start(folder);
    await kernel.run(`import { ClassificationDataset, ImageClassifier } from "sightbook";
      const dataset = await ClassificationDataset.fromDirectory("tableware");
      const model = () => new ImageClassifier({ labels: dataset.labels, weights: "none", imageSize: 32 });
      const recipe = { epochs: 1, batchSize: 16, learningRate: 0.001 };`);
  });
  after(() => kernel.stop());

  const fit = (code: string): Promise<WidgetClient<MonitorState>> =>
    WidgetClient.open<MonitorState>(kernel, "MonitorView", code);

  test("an image that vanished is left out and named, and the others are learned", async () => {
    rmSync(join(tableware, "bowl", "bowl-01.jpg"));
    const { state } = await fit("await model().fit(dataset, recipe);");
    assert.equal(state.phase, "finished");
    const leftOut = state.notes.filter((note) => note.startsWith("left out: "));
    assert.equal(leftOut.length, 1, state.notes.join("\n"));
    assert.match(leftOut[0]!, /bowl-01\.jpg: the file cannot be read \(no such file or folder\)/);
  });

  test("when their folder has vanished it fails in one sentence, which is what the notebook keeps", async () => {
    rmSync(tableware, { recursive: true });
    const before = kernel.received.length;
    const widget = await fit(`const reason = await model().fit(dataset, recipe).then(
      () => "nothing", (error) => (error as Error).message);`);
    const { phase, message } = widget.state;
    assert.equal(phase, "failed");
    assert.equal(message, await widget.value("reason"));
    assert.match(message, /^[^\n]+\.$/);
    const isKept = (): boolean =>
      kernel.received.slice(before).some(({ header, content }) => {
        const data = content["data"] as Record<string, string> | undefined;
        return header.msg_type === "update_display_data" && data!["text/plain"]!.endsWith(message);
      });
    await kernel.wait(isKept);
  });
});
