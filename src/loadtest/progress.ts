import { notebookMonitor } from "../notebook-monitor.js";
import type { Load } from "./report-types.js";
import type { LoadTestReport } from "./report.js";

/** A load test that begins, as far as a reporter shows it. */
export interface LoadTestStart {
  readonly url: string;
  /** The loads to come, in their order; absent for a search, which finds its loads on the way. */
  readonly loads?: readonly Load[];
  /** Of the load before anything is counted. */
  readonly warmUpSeconds: number;
  /** Ends the test, as a person may ask for; what was measured is kept. */
  readonly stop: () => void;
}

/** Shows a load test to a person while it runs. */
export interface LoadTestReporter {
  start(test: LoadTestStart): void;
  /** About twice a second, with all that was measured so far. */
  update(report: LoadTestReport): void;
  /** With the final report; resolves when it is shown. */
  end(report: LoadTestReport): Promise<void>;
  /** When there is no report, with the reason. */
  fail(message: string): Promise<void>;
}

/** Makes the reporter of the place that the test runs in; `undefined` outside notebooks. */
export async function openLoadTestReporter(): Promise<LoadTestReporter | undefined> {
  return notebookMonitor<LoadTestReporter>("sightbook.load-test-progress")?.();
}
