#!/usr/bin/env node
import { runCli } from "./program.js";

// No top-level await: an engine that never answers must not turn into Node's silent exit code 13.
void runCli(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
