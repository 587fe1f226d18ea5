import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

import { postJson, predict } from "./requests.js";

/** Sends requests, eight at a time, of which every fourth is wrong in some way. */
export async function runSoak(url: string, image: Uint8Array<ArrayBuffer>, requests: number): Promise<void> {
  const wrong: (() => Promise<{ status: number }>)[] = [
    () => predict(url, image.subarray(0, 70)),
    () => postJson(`${url}/score`, [{ image_in_base64: "AAA" }]),
    () => postJson(`${url}/v2/models/nowhere/infer`, { inputs: [] }),
  ];
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < requests) {
      const number = sent++;
      const { status } =
        number % 4 === 3 ? await wrong[(number >> 2) % wrong.length]!() : await predict(url, image);
      assert.ok(number % 4 === 3 ? status >= 400 && status < 500 : status === 200, String(status));
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
}

/** Resident memory of processes together. */
export function megabytesOf(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => {
    if (process.platform !== "linux") return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)]));
    return Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]); // a minimal Linux has no `ps`
  });
  return Math.round(kilobytes.reduce((sum, value) => sum + value, 0) / 1024);
}
