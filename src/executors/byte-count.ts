import { ArgumentError } from "../errors.js";

const factors: Readonly<Record<string, number>> = {
  "": 1,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  k: 1e3,
  M: 1e6,
  G: 1e9,
};

/** Bytes of a quantity as Kubernetes writes them: `"512Mi"`, `"2G"`. */
export function byteCount(memory: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|k|M|G)?$/.exec(memory) ?? [];
  const bytes = Math.round(Number(number) * factors[unit]!);
  if (bytes > 0) return bytes;
  throw new ArgumentError("containers", "memory", 'a quantity such as "2Gi" or "512Mi"', memory);
}
