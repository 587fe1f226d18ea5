export { compareRecords, DriftReport, type DriftRow, type DriftVerdict } from "./drift-report.js";
export { ScoreRecorder, type RecorderOptions } from "./recorder.js";
export { parseRecords, readRecords, type ScoreRecord } from "./records.js";
export { recordsOf } from "./reference.js";
