import process from "node:process";
import { startKernel } from "./session/start.js";
import { readConnectionFile } from "./wire/connection.js";

const [path] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write("Usage: node main.js <connection file>; Jupyter starts the kernel so by itself.\n");
  process.exitCode = 2;
} else startKernel(readConnectionFile(path));
