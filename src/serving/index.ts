export { connectControl, type ServerControl, type ServerStatus } from "./control.js";
export { keyDigest, newKey, type NewKey } from "./keys.js";
export type { ScoringServerOptions } from "./options.js";
export { spawnScoringProcess } from "./process.js";
export type { ReadyLine, ScoringProcess, ScoringProcessOptions } from "./process.js";
export { keyDigestsFromEnvironment, runScoringServer } from "./run.js";
export { startScoringServer, type ScoringServer } from "./server.js";
export { bundleVersion } from "./served-bundle.js";
