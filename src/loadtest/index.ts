export { type ScoringContract } from "./contract.js";
export type { LimitOptions } from "./find-limit.js";
export { loadTest, type LoadStep, type LoadTestOptions } from "./load-test.js";
export { overTime, type OverTime } from "./over-time.js";
export type { LoadTestReporter, LoadTestStart } from "./progress.js";
export { limitSentences, loadName, milliseconds, notesOf, rateText } from "./report-text.js";
export { LoadTestReport, type LoadTestData } from "./report.js";
export { serverParts } from "./server-timing.js";
export type {
  LimitTrial,
  Load,
  LoadErrorCount,
  LoadErrorKind,
  LoadLimit,
  LoadStepReport,
  TimelinePoint,
  TimeSummary,
} from "./report-types.js";
