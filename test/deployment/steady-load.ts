import { setTimeout } from "node:timers/promises";

import { Client } from "undici";

import type { Deployment } from "../../src/deployment/index.js";

/** What a load of plain requests, none of them sent twice, has met so far. */
export interface LoadResult {
  answered: number;
  /** What failed requests said. */
  readonly failures: string[];
  /** Versions of the models that answered, in the order they were first seen. */
  readonly versions: string[];
}

/**
 * Sends one request after the other over several connections while `work` runs, and half a second longer.
 *
 * @returns What the requests met.
 */
export async function underLoad(
  { endpoint, key }: Deployment,
  image: Uint8Array,
  work: (result: LoadResult) => Promise<void>,
  connections = 4,
): Promise<LoadResult> {
  const result: LoadResult = { answered: 0, failures: [], versions: [] };
  const state = { ended: false };
  const loops = Array.from({ length: connections }, async () => {
    const client = new Client(endpoint);
    while (!state.ended) {
      try {
        const { statusCode, body } = await client.request({
          method: "POST",
          path: "/v1/predict",
          headers: { authorization: `Bearer ${key}`, "content-type": "application/octet-stream" },
          body: image,
        });
        const answer = (await body.json()) as { model?: { version: string } };
        if (statusCode !== 200) result.failures.push(JSON.stringify(answer));
        else {
          result.answered++;
          const { version } = answer.model!;
          if (!result.versions.includes(version)) result.versions.push(version);
        }
      } catch (error) {
        result.failures.push(String(error));
      }
    }
    await client.destroy();
  });
  try {
    while (result.answered === 0) await setTimeout(10);
    await work(result);
    await setTimeout(500);
  } finally {
    state.ended = true;
    await Promise.all(loops);
  }
  return result;
}
