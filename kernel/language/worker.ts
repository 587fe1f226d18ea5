import { performance } from "node:perf_hooks";
import process from "node:process";
import { setTimeout } from "node:timers";
import { parentPort } from "node:worker_threads";

import { complete, inspectCode } from "./assist.js";
import { compileCell } from "./compile.js";
import type { CompileResult } from "./compiled.js";
import { isComplete } from "./is-complete.js";
import type { LanguageCall, LanguageReply, LanguageRequest, TypeErrors } from "./protocol.js";
import { SessionTypes } from "./session-types.js";
import { isTrivial } from "./trivial.js";
import { keepTypeScript, loadTypeScript } from "./typescript.js";

/** The first check happens this long after the last request, or when a cell needs it. */
const IDLE_MS = 300;

const typescript = loadTypeScript();
const session = new SessionTypes(typescript, process.cwd());
let lastRequest = 0;

function answer(request: LanguageRequest): unknown {
  switch (request.kind) {
    case "compile":
      return compile(request);
    case "judgeImports": {
      const { problems, types } = session.judgeImports(request.cell, request.code);
      const strict = typeErrorsOf(request.code, request.typeErrors) === "error";
      return { problems: strict ? problems : [], types };
    }
    case "commit":
      if (request.declared === undefined) session.drop(request.cell);
      else session.commit(request.cell, request.declared);
      return undefined;
    case "complete":
      return complete(session, request.code, request.cursor);
    case "inspect":
      return inspectCode(typescript, session, request.code, request.cursor);
    case "isComplete":
      return isComplete(typescript, request.code);
  }
}

function compile(request: LanguageRequest & { kind: "compile" }): CompileResult {
  const { cell, code } = request;
  const [known, imported] = [new Set(request.known), new Set(request.imported)];
  const compiled = compileCell(typescript, code, { id: cell, known, imported });
  if (!compiled.ok) return compiled;
  const parsed = typescript.createSourceFile("cell.ts", code, typescript.ScriptTarget.ESNext, false);
  const mode = typeErrorsOf(code, request.typeErrors);
  if (mode === "off" || isTrivial(typescript, parsed, session)) {
    session.add(cell, code, parsed, compiled.cell.declared);
    return compiled;
  }
  const problems = session.check(cell, code, parsed, compiled.cell.declared);
  if (problems.length > 0 && mode === "error") {
    session.drop(cell);
    return { ok: false, kind: "type", problems };
  }
  return { ...compiled, warnings: problems };
}

/** The first line of a cell may say how its type errors are treated. */
function typeErrorsOf(code: string, ofSession: TypeErrors): TypeErrors {
  const first = /^\s*\/\/\s*@ts-(nocheck|warn)\b/.exec(code)?.[1];
  if (first === undefined) return ofSession;
  return first === "nocheck" ? "off" : "warn";
}

parentPort!.on("message", ({ id, request }: LanguageCall) => {
  lastRequest = performance.now();
  let reply: LanguageReply;
  try {
    reply = { id, value: answer(request) };
  } catch (error) {
    reply = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  parentPort!.postMessage(reply);
});

/** Makes the first real check quick: reads what it needs, then checks a line that uses it. */
async function warmUp(): Promise<void> {
  await session.warmUp();
  while (performance.now() - lastRequest < IDLE_MS)
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  session.explore("console.log([1].map(String), process.cwd(), await Promise.resolve(1))", (service, file) =>
    service.getSemanticDiagnostics(file),
  );
  keepTypeScript();
}

void warmUp();
