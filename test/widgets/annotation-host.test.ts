import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";

import sharp from "sharp";

import type { AnnotationState, LabelEdit } from "../../widgets/state/index.js";
import { KernelClient } from "../kernel/client.js";
import { repositoryRoot, temporaryFolder } from "../support.js";
import { WidgetClient } from "./widget-client.js";

const sample = join(repositoryRoot, "notebooks", "sample_data", "tableware");

describe("AnnotationUI in a kernel", () => {
  const folder = temporaryFolder();
  const tableware = join(folder, "tableware");
  let kernel: KernelClient;
  let widget: WidgetClient<AnnotationState>;
  /** The same dataset's training part in a second widget. */
  let part: WidgetClient<AnnotationState>;

  before(async () => {
    cpSync(sample, tableware, { recursive: true });
    const cup = readFileSync(join(sample, "cup", "cup-01.jpg"));
    writeFileSync(join(tableware, "cup", "cup-00-broken.jpg"), cup.subarray(0, 9000));
    writeFileSync(join(tableware, "cup", "cup-99.tif"), await sharp(cup).tiff().toBuffer());
    writeFileSync(join(tableware, "loose.jpg"), cup);
    writeFileSync(join(folder, "secret.jpg"), cup);
    kernel = await KernelClient.start(folder);
    const open = `import { ClassificationDataset } from "sightbook";
      import { AnnotationUI } from "sightbook/widgets";
      const dataset = await ClassificationDataset.fromDirectory("tableware");
      const ui = new AnnotationUI(dataset);`;
    widget = await WidgetClient.open(kernel, "AnnotationView", open);
    part = await WidgetClient.open(
      kernel,
      "AnnotationView",
      `const cups = dataset.filter(({ labels }) => labels[0] === "cup"); const partUi = new AnnotationUI(cups);`,
    );
  });
  after(() => kernel.stop());

  const everything = {
    page: 0,
    pageSize: 24,
    search: "",
    labelFilter: "",
    onlyEdited: false,
    onlyProblem: false,
    onlyExcluded: false,
  };
  const names = ({ rows }: AnnotationState): string[] => rows.map(({ name }) => name);
  const edit = async (what: LabelEdit): Promise<string> => {
    const { content } = await widget.ask("edit", what);
    await widget.settled();
    return (content as { said: string }).said;
  };

  test("its first page has all images in order, also those with a problem, and counts those that can be used", async () => {
    const { rows, labels, counts, total, matching, problems, pageCount } = await widget.settled();
    assert.deepEqual(labels, ["bowl", "cup", "cutlery", "plate"]);
    assert.deepEqual(counts, [5, 20, 7, 32]);
    assert.deepEqual([total, matching, problems, pageCount], [66, 66, 2, 3]);
    assert.equal(rows.length, 24);
    assert.equal(rows[5]!.name, "cup-00-broken.jpg");
    assert.match(rows[5]!.problem, /cup-00-broken\.jpg: the JPEG image is cut off before its end\./);
    assert.equal(part.state.total, 20);
  });

  test("filters combine, and other filters begin at their first page", async () => {
    await edit({
      action: "setLabel",
      ids: ["cup/cup-12.jpg", "cup/cup-13.jpg", "bowl/bowl-01.jpg"],
      label: "plate",
    });
    await edit({ action: "exclude", ids: ["cup/cup-12.jpg", "cup/cup-14.jpg"] });
    const shown = async (query: Partial<AnnotationState>): Promise<string[]> =>
      names(await widget.set({ ...everything, ...query }));
    await widget.set({ page: 2 });
    assert.equal(widget.state.page, 2);
    assert.deepEqual(await shown({ onlyEdited: true }), ["bowl-01.jpg", "cup-12.jpg", "cup-13.jpg"]);
    assert.equal(widget.state.page, 0);
    assert.deepEqual(await shown({ onlyEdited: true, search: "CUP" }), ["cup-12.jpg", "cup-13.jpg"]);
    assert.deepEqual(await shown({ onlyEdited: true, search: "cup", onlyExcluded: true }), ["cup-12.jpg"]);
    assert.deepEqual(await shown({ labelFilter: "plate", search: "cup-" }), ["cup-12.jpg", "cup-13.jpg"]);
    assert.deepEqual(await shown({ labelFilter: "cup", onlyExcluded: true }), ["cup-14.jpg"]);
    assert.deepEqual(await shown({ onlyProblem: true }), ["cup-00-broken.jpg", "loose.jpg"]);
    assert.deepEqual(await shown({ labelFilter: "bowl", onlyProblem: true }), []);
    assert.equal(widget.state.pageCount, 1);
    await edit({ action: "undo" });
    await edit({ action: "undo" });
    assert.deepEqual(widget.state.counts, [5, 20, 7, 32]);
    await widget.set(everything);
  });

  test("another page size keeps the image that was first; what makes no sense changes nothing", async () => {
    await widget.set({ page: 1, pageSize: 24 });
    const first = names(widget.state)[0]!;
    await widget.set({ pageSize: 10 });
    assert.ok(names(widget.state).includes(first));
    assert.equal(widget.state.page, 2);
    for (const wrong of [
      { page: -1 },
      { page: 1.5 },
      { pageSize: 0 },
      { pageSize: 100_000 },
      { search: 3 as never },
      { onlyEdited: "yes" as never },
    ]) {
      const { page, pageSize, search, onlyEdited } = await widget.set(wrong);
      assert.deepEqual([page, pageSize, search, onlyEdited], [2, 10, "", false], JSON.stringify(wrong));
    }
    await widget.set({ page: 1000 });
    assert.equal(widget.state.page, 6, "the last page is the last");
    await widget.set(everything);
  });

  test("thumbnails come as bytes, for images of the dataset only, and not for a turn that is over", async () => {
    const ids = ["bowl/bowl-01.jpg", "../secret.jpg", join(folder, "secret.jpg"), "cup/cup-00-broken.jpg"];
    const question = { ids, size: 144, view: "a", turn: 1 };
    const { content, buffers } = await widget.ask("thumbnails", question);
    assert.deepEqual(content, { abandoned: false });
    const { format, width } = await sharp(buffers[0]).metadata();
    assert.deepEqual([format, width], ["jpeg", 144]);
    assert.deepEqual(
      buffers.slice(1).map((bytes) => bytes.length),
      [0, 0, 0],
    );
    const late = await widget.ask("thumbnails", {
      ids: ["plate/plate-31.jpg"],
      size: 96,
      view: "a",
      turn: 0,
    });
    assert.deepEqual([late.content, late.buffers.length], [{ abandoned: true }, 0]);
    await assert.rejects(widget.ask("thumbnails", { ...question, size: 1e6 }), {
      message: "At most 500 pictures of at most 1024 pixels come at a time.",
    });
  });

  test("the large view gets the file itself, or a PNG of what browsers do not show, and the facts", async () => {
    const { content, buffers } = await widget.ask("picture", { id: "cup/cup-12.jpg" });
    const file = readFileSync(join(tableware, "cup", "cup-12.jpg"));
    assert.deepEqual(Buffer.from(buffers[0]!), file);
    assert.deepEqual(content, {
      path: join(tableware, "cup", "cup-12.jpg"),
      problem: "",
      width: 640,
      height: 480,
      format: "jpeg",
      fileSize: file.length,
    });
    const tiff = await widget.ask("picture", { id: "cup/cup-99.tif" });
    assert.equal((await sharp(tiff.buffers[0]).metadata()).format, "png");
    await assert.rejects(widget.ask("picture", { id: "../secret.jpg" }), {
      message: "No image of this dataset is named ../secret.jpg.",
    });
  });

  test("each edit says what it did, shows at once in every view, and is on the disk", async () => {
    const id = "cup/cup-12.jpg";
    const cases: readonly (readonly [LabelEdit, string])[] = [
      [{ action: "addLabel", label: "mug" }, "mug is a new label. Undo: Ctrl+Z"],
      [{ action: "addLabel", label: " mug " }, "mug is a label already."],
      [{ action: "setLabel", ids: [id], label: "mug" }, "cup-12.jpg is now mug. Undo: Ctrl+Z"],
      [{ action: "setLabel", ids: [id], label: "mug" }, "cup-12.jpg is already mug."],
      [{ action: "toggleLabel", ids: [id], label: "cup" }, "cup-12.jpg is now mug, cup. Undo: Ctrl+Z"],
      [{ action: "toggleLabel", ids: [id], label: "cup" }, "cup-12.jpg is now mug. Undo: Ctrl+Z"],
      [{ action: "toggleLabel", ids: [id], label: "mug" }, "cup-12.jpg is already mug."],
      [{ action: "exclude", ids: [id, "cup/cup-13.jpg"] }, "2 images are now excluded. Undo: Ctrl+Z"],
      [
        { action: "restore", ids: [id, "cup/cup-13.jpg"] },
        "2 images are now included, with labels of their own. Undo: Ctrl+Z",
      ],
      [{ action: "undo" }, "Undone: 2 images are now excluded."],
      [{ action: "redo" }, "Done again: 2 images are now included, with labels of their own."],
    ];
    for (const [what, said] of cases) {
      assert.equal(await edit(what), said, JSON.stringify(what));
      assert.equal(widget.state.said, said);
    }
    const row = part.state.rows.find((shown) => shown.id === id)!;
    assert.deepEqual([row.labels, row.edited, row.excluded], [["mug"], true, false]);
    assert.equal(part.state.counts[part.state.labels.indexOf("mug")], 1);
    const { edits } = JSON.parse(readFileSync(join(tableware, "sightbook.labels.json"), "utf8")) as {
      edits: unknown;
    };
    assert.deepEqual(edits, { [id]: { labels: ["mug"] } });
    while (widget.state.canUndo) await edit({ action: "undo" });
    assert.equal(widget.state.said, "Undone: the labels are now bowl, cup, cutlery, plate.");
    assert.equal(await edit({ action: "undo" }), "There is nothing to undo.");
  });

  test("what is no edit is refused with a sentence, in the view that asked and in the state", async () => {
    const message =
      'ClassificationDataset.setLabels: labels must be labels of this dataset, got "fork". Add a new one with addLabel first.';
    await assert.rejects(widget.ask("edit", { action: "setLabel", ids: ["cup/cup-12.jpg"], label: "fork" }), {
      message,
    });
    assert.equal(widget.state.trouble, message);
    await assert.rejects(widget.ask("edit", { action: "exclude", ids: "cup/cup-12.jpg" }), {
      message: "An edit must name the images it is for by their ids.",
    });
    await assert.rejects(widget.ask("edit", { action: "remove" }), { message: 'There is no edit "remove".' });
  });

  test("an edit that cannot be written says so, shows all the same, and is written with the next one", async () => {
    const path = join(tableware, "sightbook.labels.json");
    rmSync(path, { force: true });
    mkdirSync(path);
    await assert.rejects(edit({ action: "exclude", ids: ["cup/cup-12.jpg"] }), /sightbook\.labels\.json/);
    const { trouble, excluded } = await widget.settled();
    assert.match(trouble, /sightbook\.labels\.json: could not be read \(it is a folder\)\./);
    assert.equal(excluded, 1);
    rmSync(path, { recursive: true });
    await edit({ action: "exclude", ids: ["cup/cup-13.jpg"] });
    assert.equal(widget.state.trouble, "");
    const { edits } = JSON.parse(readFileSync(path, "utf8")) as { edits: object };
    assert.deepEqual(Object.keys(edits), ["cup/cup-12.jpg", "cup/cup-13.jpg"]);
  });

  test("without a kernel a picture of the first images stands for it, with labels and counts", async () => {
    // As a front end runs it; a program that runs a notebook gets the picture alone.
    const result = await kernel.run("ui", { allow_stdin: true });
    const data = result.displayed;
    assert.match(data["text/plain"]!, /^62 images, 4 labels in .*tableware/);
    assert.match(data["text/html"]!, /The first 12 of its images, as last saved/);
    assert.match(data["text/html"]!, /<img alt="bowl; bowl; bowl; bowl; bowl; cup \(problem\); cup;/);
    const { width, height, format } = await sharp(Buffer.from(data["image/png"]!, "base64")).metadata();
    assert.deepEqual([width, height, format], [920, 356, "png"]);
    assert.equal(typeof data["application/vnd.jupyter.widget-view+json"], "object");
  });

  test("what stands for it is made again after the last of several edits", async () => {
    const { "text/plain": text } = await widget.renewal(async () => {
      for (const label of ["cup", "plate", "cutlery"])
        await edit({ action: "setLabel", ids: ["bowl/bowl-02.jpg"], label });
    }, /<img alt="bowl; cutlery; bowl; bowl; bowl; cup \(problem\); cup;/);
    assert.match(text!, /bowl +4/);
    await widget.renewal(() => edit({ action: "undo" }), /<img alt="bowl; plate; bowl;/);
  });

  test("a closed one leaves the pages and hears no more", async () => {
    const { counts } = part.state;
    await kernel.run("partUi.close()");
    await edit({ action: "setLabel", ids: ["cup/cup-01.jpg"], label: "bowl" });
    assert.deepEqual(part.state.counts, counts);
  });
});
