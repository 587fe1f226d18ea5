/**
 * The thread that TensorFlow runs in: it answers one {@link Request} after another, so that the thread which asks
 * stays free while a step takes its second. Started by `tensorflow-engine.ts`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import { loadBinding, type Binding, type TensorData } from "./binding.js";
import { DataType } from "./graph.js";
import type { Request, Response } from "../worker-client.js";
import type { WorkerCall, WorkerCalls } from "./protocol.js";
import { savedModelTag } from "./saved-model.js";

type Handlers = { [C in WorkerCall]: (argument: WorkerCalls[C]["argument"]) => WorkerCalls[C]["result"] };

let loaded: Binding | undefined;

const handlers: Handlers = {
  load({ bindingPath }) {
    loaded = loadBinding(bindingPath);
    return { version: loaded.TF_Version, gpu: loaded.isUsingGpuDevice() };
  },

  open({ savedModel }) {
    // The binding reads a graph from a folder only; once loaded the session holds it.
    const folder = mkdtempSync(join(tmpdir(), "sightbook-graph-"));
    try {
      writeFileSync(join(folder, "saved_model.pb"), savedModel);
      return binding().loadSavedModel(folder, savedModelTag);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },

  run({ session, feeds, fetches }) {
    const fed: number[] = [];
    try {
      for (const { shape, data } of feeds) fed.push(binding().createTensor(shape, dtypeOf(data), data));
      const names = feeds.map(({ name }) => name).join(",");
      const outputs = binding().runSavedModel(session, fed, names, fetches.join(","));
      return outputs.map(({ id, shape }) => {
        const data = binding().tensorDataSync(id);
        binding().deleteTensor(id);
        return { shape, data };
      });
    } finally {
      for (const id of fed) binding().deleteTensor(id);
    }
  },

  close({ session }) {
    binding().deleteSavedModel(session);
    return null;
  },
};

function binding(): Binding {
  if (loaded === undefined) throw new Error("The binding is not loaded yet.");
  return loaded;
}

function dtypeOf(data: TensorData): number {
  if (data instanceof Float32Array) return DataType.float32;
  return data instanceof Int32Array ? DataType.int32 : DataType.uint8;
}

function answer<C extends WorkerCall>({
  id,
  call,
  argument,
}: Request<WorkerCalls, C>): Response<WorkerCalls> {
  try {
    return { id, result: handlers[call](argument) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on("message", (request: Request<WorkerCalls>) => {
  const response = answer(request);
  const memory =
    "result" in response && Array.isArray(response.result)
      ? response.result.map(({ data }) => data.buffer as ArrayBuffer)
      : [];
  parentPort?.postMessage(response, memory);
});
