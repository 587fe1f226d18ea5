import assert from "node:assert/strict";
import test from "node:test";

import { findPython, runCommand } from "../src/commands.js";
import { CancelledError, EnvironmentError } from "../src/errors.js";

const node = process.execPath;

test("a command's standard output is returned and its lines are reported", async () => {
  const lines: string[] = [];
  const output = await runCommand("Greeting", node, ["-e", "console.log('a\\rb'); console.error('c')"], {
    onLine: (line) => lines.push(line),
  });
  assert.equal(output, "a\rb\n");
  assert.deepEqual(lines.sort(), ["a", "b", "c"]);
});

test("a failing command says the step, the exit code, the way out and the last lines", async () => {
  const failing = runCommand("Greeting", node, ["-e", "console.error('no voice'); process.exit(3)"], {
    mend: "npm run greet",
  });
  await assert.rejects(failing, (error) => {
    assert.ok(error instanceof EnvironmentError);
    assert.match(
      error.message,
      /^Greeting failed: .* ended with exit code 3\. To try again: npm run greet\n {2}no voice$/,
    );
    return true;
  });
});

test("a command that is not there is named", async () => {
  await assert.rejects(
    runCommand("Greeting", "no-such-program", []),
    /^EnvironmentError: Greeting failed: no-such-program could not be started/,
  );
});

test("cancelling ends the command", async () => {
  const controller = new AbortController();
  const running = runCommand("Waiting", node, ["-e", "console.log('up'); setInterval(() => {}, 1000)"], {
    signal: controller.signal,
    onLine: () => {
      controller.abort();
    },
  });
  await assert.rejects(running, CancelledError);
});

test("a Python of the set-up's age is found", async () => {
  const python = await findPython();
  assert.match(await runCommand("Asking Python", python, ["--version"]), /^Python 3\.\d+/);
});
