import assert from "node:assert/strict";
import test from "node:test";

import type { IncomingMessage, JsonObject, OutgoingMessage } from "../../kernel/wire/message.js";
import { Comms } from "../../kernel/session/comms.js";
import { Publisher } from "../../kernel/session/publisher.js";
import { Widget } from "../../kernel/widgets/widget.js";

/** A kernel's comms with a list in place of the sockets. */
function fakeFrontEnd() {
  const sent: { type: string; content: JsonObject; metadata: JsonObject; buffers: readonly Uint8Array[] }[] =
    [];
  const publisher = new Publisher({
    send: (_channel, message: OutgoingMessage) => {
      sent.push({
        type: (JSON.parse(message.header) as { msg_type: string }).msg_type,
        content: JSON.parse(message.content) as JsonObject,
        metadata: JSON.parse(message.metadata) as JsonObject,
        buffers: message.buffers,
      });
    },
  });
  const comms = new Comms(publisher);
  const receive = (type: string, content: JsonObject, buffers: readonly Uint8Array[] = []) =>
    comms.receive({
      identities: [],
      header: { msg_id: "1", msg_type: type, session: "", username: "", date: "", version: "5.4" },
      parentHeader: {},
      metadata: {},
      content,
      buffers,
    } satisfies IncomingMessage);
  const message = (id: string, data: JsonObject, buffers?: readonly Uint8Array[]) =>
    receive("comm_msg", { comm_id: id, data }, buffers);
  return { comms, sent, receive, message, take: () => sent.splice(0) };
}

test("a widget opens its comm with the whole state, its bytes apart", () => {
  const { comms, sent } = fakeFrontEnd();
  const widget = new Widget({
    comms,
    module: "pictures",
    moduleVersion: "^1.0.0",
    view: "PictureView",
    model: "PictureModel",
    state: { title: "a", bytes: new Uint8Array([1, 2]), list: [{ pixels: new Uint8Array([3]) }, 4] },
  });
  const [open] = sent;
  assert.equal(open!.type, "comm_open");
  assert.deepEqual(open!.metadata, { version: "2.1.0" });
  assert.deepEqual(open!.content, {
    comm_id: widget.id,
    target_name: "jupyter.widget",
    data: {
      state: {
        _model_module: "pictures",
        _model_module_version: "^1.0.0",
        _model_name: "PictureModel",
        _view_module: "pictures",
        _view_module_version: "^1.0.0",
        _view_name: "PictureView",
        _view_count: null,
        title: "a",
        list: [{}, 4],
      },
      buffer_paths: [["bytes"], ["list", 0, "pixels"]],
    },
  });
  assert.deepEqual(
    open!.buffers.map((buffer) => [...buffer]),
    [[1, 2], [3]],
  );
});

test("changes go out once, and only what changed", () => {
  const { comms, take } = fakeFrontEnd();
  const widget = new Widget({ comms, module: "m", view: "V", state: { a: 1, b: [1] } });
  take();
  widget.set({ a: 1, b: [1] });
  assert.deepEqual(take(), []);
  widget.set({ a: 2, b: [1] });
  assert.deepEqual(
    take().map(({ content }) => content["data"]),
    [{ method: "update", state: { a: 2 }, buffer_paths: [] }],
  );
  assert.equal(widget.state.a, 2);
});

test("an update of the front end is echoed, then heard, bytes in place", async () => {
  const { comms, take, message } = fakeFrontEnd();
  const widget = new Widget({
    comms,
    module: "m",
    view: "V",
    state: { value: 0, data: null as Uint8Array | null },
  });
  const heard: unknown[] = [];
  widget.onChange((changed) => {
    heard.push(changed);
    widget.set({ value: 10 });
  });
  take();
  await message(widget.id, { method: "update", state: { value: 3, unknown: 1 }, buffer_paths: [["data"]] }, [
    new Uint8Array([7]),
  ]);
  assert.deepEqual(heard, [{ value: 3, data: new Uint8Array([7]) }]);
  const sent = take();
  assert.deepEqual(
    sent.map(({ content }) => content["data"]),
    [
      { method: "echo_update", state: { value: 3 }, buffer_paths: [["data"]] },
      { method: "update", state: { value: 10 }, buffer_paths: [] },
    ],
  );
  assert.deepEqual([...sent[0]!.buffers[0]!], [7]);
  assert.deepEqual(widget.state, { value: 10, data: new Uint8Array([7]) });
});

test("request_state, custom messages, closing", async () => {
  const { comms, take, message, receive } = fakeFrontEnd();
  const widget = new Widget({ comms, module: "m", view: "V", state: { a: 1 } });
  take();
  await message(widget.id, { method: "request_state" });
  const [full] = take();
  const data = full!.content["data"] as { method: string; state: JsonObject };
  assert.equal(data.method, "update");
  assert.equal(data.state["_view_name"], "V");
  assert.equal(data.state["a"], 1);
  const heard: unknown[] = [];
  widget.onMessage((content, buffers) => heard.push([content, buffers.length]));
  await message(widget.id, { method: "custom", content: { click: 1 } }, [new Uint8Array(1)]);
  assert.deepEqual(heard, [[{ click: 1 }, 1]]);
  widget.send({ flash: true });
  assert.deepEqual(take()[0]!.content["data"], { method: "custom", content: { flash: true } });
  await receive("comm_close", { comm_id: widget.id, data: {} });
  assert.throws(() => {
    widget.send({});
  }, /is closed/);
});

test("a reloaded page gets the state of every widget at once", async () => {
  const { comms, take, message, receive } = fakeFrontEnd();
  const one = new Widget({ comms, module: "m", view: "One", state: { a: 1 } });
  const two = new Widget({ comms, module: "m", view: "Two", state: { bytes: new Uint8Array([9]) } });
  const gone = new Widget({ comms, module: "m", view: "Gone", state: {} });
  gone.close();
  await receive("comm_open", { comm_id: "control", target_name: "jupyter.widget.control", data: {} });
  take();
  await message("control", { method: "request_states" });
  const [answer] = take();
  const data = answer!.content["data"] as {
    method: string;
    states: Record<string, JsonObject>;
    buffer_paths: unknown;
  };
  assert.equal(data.method, "update_states");
  assert.ok(one.id in data.states && two.id in data.states && !(gone.id in data.states));
  assert.equal(data.states[one.id]!["model_name"], "DOMWidgetModel");
  assert.deepEqual((data.states[one.id]!["state"] as JsonObject)["a"], 1);
  assert.deepEqual((data.buffer_paths as unknown[]).at(-1), [two.id, "state", "bytes"]);
});

test("a widget displays itself, with what it falls back to", () => {
  const { comms } = fakeFrontEnd();
  const widget = new Widget({
    comms,
    module: "m",
    view: "V",
    state: { a: 1 },
    fallback: () => ({ "text/html": "<i>static</i>" }),
  });
  assert.deepEqual(
    widget[Symbol.for("Jupyter.display") as never],
    Widget.prototype[Symbol.for("Jupyter.display") as never],
  );
  const show = (widget as unknown as Record<symbol, () => JsonObject>)[Symbol.for("Jupyter.display")]!;
  assert.deepEqual(show.call(widget), {
    "text/plain": "V(a)",
    "text/html": "<i>static</i>",
    "application/vnd.jupyter.widget-view+json": { version_major: 2, version_minor: 0, model_id: widget.id },
  });
});
