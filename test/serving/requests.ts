import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

/** Posts JSON; the answer's status, headers and parsed body. */
export async function postJson(
  url: string,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; headers: Headers; body: unknown }> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(value),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as unknown };
}

/** Whether two rows of scores agree to float32's precision. */
export function assertClose(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, index) => {
    assert.ok(Math.abs(value - expected[index]!) < 1e-4, `${String(actual)} is not ${String(expected)}`);
  });
}

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain until ${what}`);
    await delay(5);
  }
}

/** Posts an image file to `/v1/predict`. */
export async function predict(
  url: string,
  image: Uint8Array<ArrayBuffer>,
  options: { readonly signal?: AbortSignal; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<{ status: number; headers: Headers; body: PredictBody }> {
  const response = await fetch(`${url}/v1/predict`, {
    method: "POST",
    headers: { "content-type": "image/png", ...options.headers },
    body: image,
    ...(options.signal && { signal: options.signal }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as PredictBody,
  };
}

export interface PredictBody {
  readonly model: { readonly name: string; readonly version: string };
  readonly predictions: readonly {
    readonly label: string;
    readonly scores: Readonly<Record<string, number>>;
  }[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** Whether a process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
