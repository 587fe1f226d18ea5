/** Preloaded into every test process: a warning from Node or a dependency fails the test that caused it. */
process.on("warning", (warning) => {
  // Node 20 and 22 announce features that are stable in their successors; that is not a defect of ours.
  if (warning.name === "ExperimentalWarning") return;
  throw warning;
});
