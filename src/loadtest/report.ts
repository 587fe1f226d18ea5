import { extname } from "node:path";

import { display, type MimeBundle } from "../display.js";
import { ArgumentError } from "../errors.js";
import { writeFileAtomic } from "../files.js";
import type { ScoringContract } from "./contract.js";
import { reportPage, reportSection } from "./report-html.js";
import { reportText, statusLine } from "./report-text.js";
import type { LoadLimit, LoadStepReport } from "./report-types.js";

/** What a load test measured, as plain data. */
export interface LoadTestData {
  readonly url: string;
  readonly contract: ScoringContract;
  /** How many different images were sent. */
  readonly images: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly timeoutMs: number;
  /** One for each load, in the order they were applied; while the test runs, the last one is under way. */
  readonly steps: readonly LoadStepReport[];
  readonly limit?: LoadLimit | undefined;
  readonly state: "running" | "finished" | "interrupted";
}

/** What a load test measured: prints as tables, displays as HTML in a notebook, saves as a page that needs nothing else. */
export class LoadTestReport implements LoadTestData {
  readonly url: string;
  readonly contract: ScoringContract;
  readonly images: number;
  readonly startedAt: string;
  readonly timeoutMs: number;
  readonly steps: readonly LoadStepReport[];
  readonly limit: LoadLimit | undefined;
  readonly state: "running" | "finished" | "interrupted";

  constructor(data: LoadTestData) {
    this.url = data.url;
    this.contract = data.contract;
    this.images = data.images;
    this.startedAt = data.startedAt;
    this.timeoutMs = data.timeoutMs;
    this.steps = data.steps;
    this.limit = data.limit;
    this.state = data.state;
  }

  /** One line that says how it goes, for a terminal. */
  get statusLine(): string {
    return statusLine(this);
  }

  toString(): string {
    return reportText(this);
  }

  toJSON(): LoadTestData {
    const { url, contract, images, startedAt, timeoutMs, steps, limit, state } = this;
    return { url, contract, images, startedAt, timeoutMs, state, steps, limit };
  }

  /** A whole page with its charts in it: no scripts, nothing from a network. */
  toHTML(): Promise<string> {
    return reportPage(this);
  }

  /**
   * Writes the report.
   *
   * @param path - Its ending says as what: `.html` or `.json`.
   */
  async save(path: string): Promise<void> {
    switch (extname(path).toLowerCase()) {
      case ".html":
        return writeFileAtomic(path, await this.toHTML());
      case ".json":
        return writeFileAtomic(path, `${JSON.stringify(this, undefined, 2)}\n`);
      default:
        throw new ArgumentError(
          "LoadTestReport.save",
          "path",
          "a file name that ends in .html or .json",
          path,
        );
    }
  }

  async [display](): Promise<MimeBundle> {
    return { "text/html": await reportSection(this), "text/plain": this.toString() };
  }
}
