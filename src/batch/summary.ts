import { display, type MimeBundle } from "../display.js";
import { SightbookError } from "../errors.js";
import { escapeHtml } from "../evaluation/report.js";
import { writeFileAtomic } from "../files.js";
import { places, type BatchRun, type BatchTask } from "./run-folder.js";
import { readShard, type ShardSummary } from "./shard.js";

/** Problems that the summary itself names; all of them are in the results. */
const mostProblems = 1000;

/** What a finished batch run did; prints and displays itself. */
export class BatchSummary {
  /** The run's folder; `results/*.parquet` in it is the result. */
  declare readonly folder: string;
  declare readonly task: BatchTask;
  declare readonly shards: number;
  /** Each image of the manifest, once. */
  declare readonly images: number;
  /** Images that could not be read; each has a row that says why. */
  declare readonly unreadable: number;
  /** Paths that the manifest named more than once; they were processed once. */
  declare readonly repeated: number;
  /** How many images have each label; empty for features. */
  declare readonly labels: Readonly<Record<string, number>>;
  /** The first 1000 images that could not be read. */
  declare readonly problems: ShardSummary["problems"];
  /** Seconds of work, summed over the shards. */
  declare readonly workSeconds: number;

  constructor(facts: BatchFacts) {
    Object.assign(this, facts);
  }

  toJSON(): BatchFacts {
    return Object.assign({}, this);
  }

  toString(): string {
    const counts = Object.entries(this.labels);
    const width = Math.max(0, ...counts.map(([label]) => label.length));
    return [
      this.#sentence(),
      ...counts.map(([label, count]) => `  ${label.padEnd(width)}  ${count}`),
      ...this.#withoutResult().map((line) => `  left without a result: ${line}`),
    ].join("\n");
  }

  [display](): MimeBundle {
    const rows = Object.entries(this.labels).map(
      ([label, count]) =>
        `<tr><td style="text-align:left">${escapeHtml(label)}</td><td style="text-align:right">${count}</td></tr>`,
    );
    const problems = this.#withoutResult().map((line) => `<li>${escapeHtml(line)}</li>`);
    const html = [
      `<p>${escapeHtml(this.#sentence())}</p>`,
      ...(rows.length > 0 ? [`<table><tbody>${rows.join("")}</tbody></table>`] : []),
      ...(problems.length > 0 ? [`<p>Left without a result:</p><ul>${problems.join("")}</ul>`] : []),
    ].join("");
    return { "text/html": html, "text/plain": this.toString() };
  }

  #sentence(): string {
    const what = this.task === "score" ? "scored" : "featurised";
    const read = this.images - this.unreadable;
    const rate =
      this.workSeconds > 0 ? `, ${(this.images / this.workSeconds).toFixed(1)} images/s a worker` : "";
    const left = this.unreadable > 0 ? `, ${this.unreadable} could not be read` : "";
    return `${read} of ${this.images} images ${what}${left}; ${this.shards} shards in ${this.folder}${rate}`;
  }

  #withoutResult(): string[] {
    const shown = this.problems.slice(0, 20).map(({ message }) => message);
    const more = this.unreadable - shown.length;
    return more > 0 ? [...shown, `${more} more`] : shown;
  }
}

/** The data of a {@link BatchSummary}. */
type BatchFacts = Omit<BatchSummary, "toJSON" | "toString" | typeof display>;

/** Puts the summaries of all shards together, in `summary.json` too. */
export async function mergeShards(folder: string, run: BatchRun): Promise<BatchSummary> {
  const labels: Record<string, number> = {};
  const problems: ShardSummary["problems"][number][] = [];
  let images = 0;
  let unreadable = 0;
  let workSeconds = 0;
  for (const shard of run.shards.keys()) {
    const summary = await readShard(folder, shard);
    if (summary === undefined) {
      const what = `batch: shard ${shard} of ${folder} is not finished, or its result was changed`;
      throw new SightbookError(`${what}; the same call does it again.`);
    }
    images += summary.images;
    unreadable += summary.problems.length;
    workSeconds += summary.seconds;
    for (const [label, count] of Object.entries(summary.labels)) labels[label] = (labels[label] ?? 0) + count;
    problems.push(...summary.problems.slice(0, mostProblems - problems.length));
  }
  const facts = {
    task: run.task,
    shards: run.shards.length,
    images,
    unreadable,
    repeated: run.repeated,
    labels,
    problems,
    workSeconds,
  };
  await writeFileAtomic(places.summary(folder), `${JSON.stringify(facts, undefined, 1)}\n`);
  return new BatchSummary({ folder, ...facts });
}
