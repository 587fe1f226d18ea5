import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";

import { loadTest, type LoadTestReport } from "../../src/loadtest/index.js";
import { runCli } from "../cli/run-cli.js";
import { mountSmallDisk } from "../full-disk.js";
import { colourImage, red } from "../serving/colour-bundle.js";
import { temporaryFolder } from "../support.js";
import { answer, startServer } from "./scripted-server.js";

const disk = mountSmallDisk();

describe("a load test's report on a full disk", { skip: disk.skip }, () => {
  const serve = () =>
    startServer((_, response) => {
      answer(response);
    });
  let report: LoadTestReport;
  before(async () => {
    const { url } = await serve();
    report = await loadTest({ url, images: [new Uint8Array([0xff, 0xd8])], connections: 1, requests: 5 });
  });

  for (const name of ["report.html", "report.json"]) {
    test(`${name} that was saved before stays whole, and is saved when there is room`, async () => {
      const path = join(disk.folder, name);
      writeFileSync(path, "an earlier one");
      disk.fill();
      await assert.rejects(report.save(path), {
        name: "FileError",
        message: `${path}: could not be written (the disk is full).`,
      });
      assert.equal(readFileSync(path, "utf8"), "an earlier one");
      assert.deepEqual(
        readdirSync(disk.folder).filter((each) => each.endsWith(".tmp")),
        [],
      );
      disk.makeRoom();
      await report.save(path);
      assert.match(readFileSync(path, "utf8"), /^(?:<!doctype html>|\{\n)/u);
    });
  }

  test("the command prints what it measured all the same, and says what went wrong", async () => {
    const image = join(temporaryFolder(), "red.png");
    writeFileSync(image, await colourImage(red));
    const { url } = await serve();
    const path = join(disk.folder, "command.html");
    disk.fill();
    const run = await runCli(["loadtest", url, "--image", image, "--requests", "5", "--output", path]);
    disk.makeRoom();
    assert.equal(
      run.stderr.trimEnd().split("\n").at(-1),
      `error: ${path}: could not be written (the disk is full).`,
    );
    assert.match(run.stdout, /^16 connections: [\d.]+ answers\/s over [\d.]+ s; 5 requests, none failed$/mu);
    assert.doesNotMatch(run.stdout, /report:/u);
    assert.equal(run.exitCode, 1);
  });
});
