import { parentPort } from "node:worker_threads";

import { compileCell } from "./compile.js";
import type { LanguageCall, LanguageReply, LanguageRequest } from "./protocol.js";
import { loadTypeScript } from "./typescript.js";

const typescript = loadTypeScript();

function answer(request: LanguageRequest): unknown {
  return compileCell(typescript, request.code, { id: request.cell, known: new Set(request.known) });
}

parentPort!.on("message", ({ id, request }: LanguageCall) => {
  let reply: LanguageReply;
  try {
    reply = { id, value: answer(request) };
  } catch (error) {
    reply = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  parentPort!.postMessage(reply);
});
