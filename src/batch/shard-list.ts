import { ArgumentError } from "../errors.js";
import { shardIndexVariable, shardListVariable } from "./executor.js";

/** Indices in the form that Kubernetes writes them too: `"0-3,7"`. They must be in ascending order. */
export function formatShards(shards: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const shard of shards) {
    const range = ranges.at(-1);
    if (range?.[1] === shard - 1) range[1] = shard;
    else ranges.push([shard, shard]);
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(",");
}

/** The indices of such a list; of an empty text none. */
export function parseShards(text: string): number[] {
  const shards: number[] = [];
  for (const range of text.split(",").filter(Boolean)) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    if (first === undefined) throw new ArgumentError("shards", "list", 'such as "0-3,7"', text);
    for (let shard = Number(first); shard <= Number(last); shard++) shards.push(shard);
  }
  return shards;
}

/** The shard that a worker's environment names. */
export function shardOf(environment: Readonly<Record<string, string | undefined>>): number {
  const text = environment[shardIndexVariable];
  if (text === undefined || !/^\d+$/.test(text)) {
    throw new ArgumentError("batch-worker", shardIndexVariable, "the index of a shard", text);
  }
  const list = environment[shardListVariable];
  if (list === undefined) return Number(text);
  const shard = parseShards(list)[Number(text)];
  if (shard !== undefined) return shard;
  throw new ArgumentError("batch-worker", shardIndexVariable, `a place in the list ${list}`, text);
}
