import assert from "node:assert/strict";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import type { OverviewState } from "../../widgets/state/index.js";
import { KernelClient } from "../kernel/client.js";
import { temporaryFolder } from "../support.js";
import { copyTableware } from "./evaluated-tableware.js";
import { WidgetClient } from "./widget-client.js";

describe("DatasetOverview in a kernel", () => {
  const folder = temporaryFolder();
  let kernel: KernelClient;
  let widget: WidgetClient<OverviewState>;
  before(async () => {
    copyTableware(folder);
    const cup = join(folder, "tableware", "cup");
    copyFileSync(join(cup, "cup-01.jpg"), join(folder, "tableware", "bowl", "copy.jpg"));
    writeFileSync(join(cup, "broken.jpg"), "no image");
    kernel = await KernelClient.start(folder);
    widget = await WidgetClient.open(
      kernel,
      "OverviewView",
      `import { ClassificationDataset } from "sightbook";
       import { DatasetOverview } from "sightbook/widgets";
       const dataset = await ClassificationDataset.fromDirectory("tableware");
       const overview = new DatasetOverview(dataset);`,
    );
  });
  after(() => kernel.stop());

  test("counts, sizes and problems are the dataset's", async () => {
    const { title, counts, sizes, problems, facts } = widget.state;
    assert.match(title, /^64 images, 4 labels in .*tableware$/);
    const expected = await widget.value("dataset.describe().labels");
    assert.deepEqual(Object.fromEntries(counts.map(({ label, count }) => [label, count])), expected);
    assert.equal(
      sizes.reduce((sum, { count }) => sum + count, 0),
      64,
    );
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /broken\.jpg: the file is not an image but text/);
    assert.deepEqual(
      facts.map(([name]) => name),
      ["width", "height", "file size", "formats"],
    );
  });

  test("finds the picture that is there twice, and the conflict of its labels", async () => {
    // The search that began with the widget may still run; then this waits for it.
    await kernel.run("await overview.findDuplicates()");
    await widget.settled();
    assert.match(
      widget.state.search.text,
      /^\d+ pictures? (is|are) there more than once; 1 with different labels/,
    );
    const { images, kind, labelsDiffer } = widget.state.duplicates[0]!;
    assert.deepEqual([kind, labelsDiffer], ["exact", true]);
    assert.deepEqual(images.map(({ id }) => id).sort(), ["bowl/copy.jpg", "cup/cup-01.jpg"]);
  });

  test("a label describes its images alone; one that does not exist means all", async () => {
    const bowl = await widget.set({ label: "bowl" });
    assert.ok(bowl.samples.length > 0 && bowl.samples.every(({ labels }) => labels[0] === "bowl"));
    assert.equal(
      bowl.sizes.reduce((sum, { count }) => sum + count, 0),
      6,
    );
    const all = await widget.set({ label: "../bowl" });
    assert.equal(all.label, "");
    assert.equal(all.samples.length, 12);
  });

  test("follows edits, and shows pictures of the dataset only", async () => {
    await kernel.run(`await dataset.setLabels("bowl/copy.jpg", ["cup"])`);
    const { counts } = await widget.settled();
    assert.deepEqual(
      counts.find(({ label }) => label === "cup"),
      { label: "cup", count: 20 },
    );
    assert.equal(widget.state.duplicates[0]!.labelsDiffer, false, "the conflict is mended");
    assert.match(widget.state.search.text, /there more than once\.$/);
    await kernel.run("await dataset.undo()");
    assert.equal((await widget.settled()).duplicates[0]!.labelsDiffer, true);
    const question = { ids: ["cup/cup-01.jpg", "../secret.jpg"], size: 96, view: "v", turn: 1 };
    const { buffers } = await widget.ask("thumbnails", question);
    assert.ok(buffers[0]!.length > 100);
    assert.equal(buffers[1]!.length, 0);
  });

  test("its static form is the description, with the duplicates, and follows edits", async () => {
    const { displayed } = await kernel.run("overview", { allow_stdin: true });
    const described = (await widget.value("dataset.describe().toString()")) as string;
    assert.equal(displayed["text/plain"], `${described}\n${widget.state.search.text}`);
    assert.match(
      displayed["text/html"]!,
      /64 images, 4 labels[^]*there more than once; 1 with different labels/,
    );
    await widget.renewal(
      () => kernel.run(`await dataset.exclude("bowl/bowl-02.jpg")`),
      /^63 images, 4 labels/,
    );
  });

  test("a file that changed underneath is what the next search finds", async () => {
    const tableware = join(folder, "tableware");
    copyFileSync(join(tableware, "plate", "plate-01.jpg"), join(tableware, "cutlery", "cutlery-01.jpg"));
    writeFileSync(join(tableware, "plate", "plate-02.jpg"), "no image any more");
    await kernel.run("await overview.findDuplicates()");
    const { duplicates, problems, counts } = await widget.settled();
    const plates = duplicates.find(({ images }) => images.some(({ id }) => id === "plate/plate-01.jpg"));
    assert.ok(plates!.labelsDiffer && plates!.images.some(({ id }) => id === "cutlery/cutlery-01.jpg"));
    assert.match(problems.join("\n"), /plate-02\.jpg: the file is not an image but text/);
    assert.equal(counts.find(({ label }) => label === "plate")!.count, 31);
  });

  test("a file that vanished shows when its picture is asked for", async () => {
    const { size } = (await widget.value("({ size: dataset.size })")) as { size: number };
    rmSync(join(folder, "tableware", "plate", "plate-03.jpg"));
    const question = { ids: ["plate/plate-03.jpg"], size: 96, view: "v", turn: 2 };
    assert.equal((await widget.ask("thumbnails", question)).buffers[0]!.length, 0);
    const { title, problems } = await widget.settled();
    assert.match(problems.join("\n"), /plate-03\.jpg: the file cannot be read \(no such file or folder\)/);
    assert.match(title, new RegExp(`^${size - 1} images`));
  });

  test("a folder that vanished leaves no image, each with its reason, here and in what is saved", async () => {
    rmSync(join(folder, "tableware"), { recursive: true });
    const saved = await widget.renewal(
      () => kernel.run("await overview.findDuplicates()"),
      /^0 images, 4 labels/,
    );
    assert.doesNotMatch(`${saved["text/plain"]} ${saved["text/html"]}`, /NaN|Infinity|undefined/);
    const { title, counts, search, samples, problemCount } = await widget.settled();
    assert.match(title, /^0 images, 4 labels/);
    assert.ok(counts.every(({ count }) => count === 0));
    assert.deepEqual([samples, search.phase, search.text], [[], "done", "No picture is there twice."]);
    assert.ok(problemCount > 60);
  });
});
