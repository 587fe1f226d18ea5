import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { repositoryRoot, temporaryFolder } from "../support.js";
import { KernelClient } from "./client.js";
import { kernelCommands } from "./rivals.js";

/** The table of docs/kernel.md: what each kernel is said to do. */
const claims = new Map(
  readFileSync(join(repositoryRoot, "docs", "kernel.md"), "utf8")
    .split("## Beside other kernels\n\n")[1]!
    .split("\n\n")[0]!
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([, what, ...cells]) => [what!, cells] as const),
);
const columns = ["Sightbook", "tslab", "Deno", "ipykernel"] as const;
type Column = (typeof columns)[number];

/** How long a kernel that is said not to do something is waited for. */
const ABSENT_MS = 2000;

/** Cells in the two languages. */
interface Cells {
  readonly typescript: string;
  readonly python: string;
}

/** Finds out what a kernel does. */
class Probe {
  /** Whether the kernel was left in an endless loop. */
  looping = false;

  constructor(
    readonly name: Column,
    readonly kernel: KernelClient,
    /** What the table says: an absence is waited for a shorter time. */
    readonly claimed: boolean,
  ) {}

  code(cells: Cells): string {
    return this.name === "ipykernel" ? cells.python : cells.typescript;
  }

  async run(cells: Cells) {
    return this.kernel.run(this.code(cells));
  }

  /** Whether such a message comes. */
  async comes(wanted: Parameters<KernelClient["wait"]>[0]): Promise<boolean> {
    const timeout = this.claimed ? undefined : ABSENT_MS;
    return this.kernel.wait(wanted, timeout).then(
      () => true,
      () => false,
    );
  }

  /** Starts an endless loop. */
  async loop(): Promise<string> {
    this.looping = true;
    const id = await this.kernel.send("execute_request", {
      code: this.code({
        typescript: "console.log('looping'); while (true) {}",
        python: "print('looping', flush=True)\nwhile True: pass",
      }),
      silent: false,
      store_history: false,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    });
    await this.kernel.wait(
      (message) => message.parentHeader.msg_id === id && message.content["execution_state"] === "busy",
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    return id;
  }
}

const register = `jupyter.comms.registerTarget("echo", (comm) => {
  comm.onMessage(({ data, buffers }) => { comm.send(data, { buffers }); });
})`;
const registerInPython = `
def opened(comm, message):
    comm.on_msg(lambda m: comm.send(m["content"]["data"], buffers=m["buffers"]))
get_ipython().kernel.comm_manager.register_target("echo", opened)`;

/** One probe for each row that can be probed. */
const probes: Readonly<Record<string, (probe: Probe) => Promise<boolean>>> = {
  "functions see what later cells assign": async (probe) => {
    await probe.run({
      typescript: "let n = 0; function inc() { return ++n }",
      python: "n = 0\ndef inc():\n    global n\n    n += 1\n    return n",
    });
    await probe.run({ typescript: "n = 100;", python: "n = 100" });
    const shown = await probe.run({
      typescript: "console.log(String([inc(), n]))",
      python: "print(f'{inc()},{n}')",
    });
    return shown.stream().trim() === "101,101";
  },
  "type errors stop a cell": async (probe) => {
    const shown = await probe.kernel.run("const wrong: number = 'text'; console.log('ran' + wrong)");
    return !shown.stream().includes("rantext");
  },
  "results and errors come as messages": async (probe) => {
    const result = await probe.kernel.run("6 * 7");
    const error = await probe.run({ typescript: "throw new Error('x')", python: "raise ValueError('x')" });
    return result.of("execute_result").length === 1 && error.of("error").length === 1;
  },
  "comms both ways, binary buffers": async (probe) => {
    await probe.run({ typescript: register, python: registerInPython });
    await probe.kernel.send("comm_open", { comm_id: "c1", target_name: "echo", data: {} });
    const bytes = Buffer.from([1, 2, 255]);
    await probe.kernel.send("comm_msg", { comm_id: "c1", data: { hello: 1 } }, { buffers: [bytes] });
    return probe.comes(
      (message) =>
        message.header.msg_type === "comm_msg" && bytes.equals(message.buffers[0] ?? new Uint8Array()),
    );
  },
  "keeps a history": async (probe) => {
    const id = await probe.kernel.send("history_request", {
      hist_access_type: "tail",
      n: 1,
      output: false,
      raw: true,
    });
    return probe.comes(
      (message) =>
        message.parentHeader.msg_id === id && ((message.content["history"] ?? []) as unknown[]).length > 0,
    );
  },
  "asks for input": async (probe) => {
    const code = probe.code({ typescript: "prompt('Who?')", python: "input('Who?')" });
    await probe.kernel.sendCell(code, { allow_stdin: true });
    const asked = await probe.comes((message) => message.header.msg_type === "input_request");
    const question = probe.kernel.received.find((message) => message.header.msg_type === "input_request");
    if (question !== undefined) {
      await probe.kernel.send("input_reply", { value: "Ada" }, { channel: "stdin", parent: question });
      await probe.comes((message) => JSON.stringify(message.content).includes("Ada"));
    }
    return asked;
  },
  "stops a loop when a message says so": async (probe) => {
    const id = await probe.loop();
    await probe.kernel.send("interrupt_request", {}, { channel: "control" });
    return probe.comes((message) => message.channel === "shell" && message.parentHeader.msg_id === id);
  },
  "answers on control while a loop runs": async (probe) => {
    await probe.loop();
    const id = await probe.kernel.send("kernel_info_request", {}, { channel: "control" });
    return probe.comes((message) => message.parentHeader.msg_id === id && message.channel === "control");
  },
};

test("every row of the table has a probe or names the suite that it counts", () => {
  const rows = [...claims.keys()].filter((row) => row !== "" && !/^[- ]+$/.test(row));
  assert.deepEqual(rows, [...Object.keys(probes), "jupyter_kernel_test 0.7"]);
});

const folder = temporaryFolder();
const commands = kernelCommands();
for (const [index, name] of columns.entries()) {
  const argv = commands[name];
  test(
    `what docs/kernel.md says of ${name}`,
    { skip: argv === undefined && `${name} is not here` },
    async () => {
      const found: Record<string, string> = {};
      const said: Record<string, string> = {};
      let kernel: KernelClient | undefined;
      for (const [row, probe] of Object.entries(probes)) {
        const claim = claims.get(row)![index]!;
        // Python has no static types.
        if (claim === "") continue;
        kernel ??= await KernelClient.start(folder, { argv: argv!, strict: name === "Sightbook" });
        const asking = new Probe(name, kernel, claim === "yes");
        said[row] = claim;
        found[row] = (await probe(asking)) ? "yes" : "no";
        if (!asking.looping) continue;
        await kernel.stop();
        kernel = undefined;
      }
      await kernel?.stop();
      assert.deepEqual(found, said);
    },
  );
}
