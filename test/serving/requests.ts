import assert from "node:assert/strict";

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
