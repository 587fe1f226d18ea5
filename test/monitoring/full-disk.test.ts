import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";

import { readRecords, ScoreRecorder, type ScoreRecord } from "../../src/monitoring/index.js";
import { spawnScoringProcess } from "../../src/serving/index.js";
import { mountSmallDisk } from "../full-disk.js";
import { colourImage, red, writeColourBundle } from "../serving/colour-bundle.js";
import { predict } from "../serving/requests.js";
import { temporaryFolder } from "../support.js";

const disk = mountSmallDisk();
const bundle = await writeColourBundle();

/** Each line of each file is a whole record. */
function assertNothingTorn(folder: string): void {
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".jsonl"))) {
    const text = readFileSync(join(folder, name), "utf8");
    if (text === "") continue;
    assert.ok(text.endsWith("\n"), `${name} ends with ${text.slice(-40)}`);
    for (const line of text.trimEnd().split("\n")) JSON.parse(line) as ScoreRecord;
  }
}

/** Waits as long as it takes: the run's own limit ends what never comes. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(20);
}

describe("records on a full disk", { skip: disk.skip }, () => {
  test("what the disk took of them is cut off again, and later ones are whole", async () => {
    const folder = join(disk.folder, "records");
    const problems: string[] = [];
    const recorder = new ScoreRecorder({ folder, onProblem: (message) => problems.push(message) });
    const record = (score: number): void => {
      recorder.record({ version: "v1", label: "cup", score });
    };
    record(0);
    await recorder.flush();
    const [name] = readdirSync(folder);
    const { size } = statSync(join(folder, name!));
    disk.fill();
    // The last block of the file has room for some of them, the disk for no more.
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 200; i++) record(1);
      await recorder.flush();
      assert.equal(statSync(join(folder, name!)).size, size);
    }
    assert.equal(recorder.dropped, 600);
    assert.deepEqual(problems, [`Scores could not be recorded in ${folder} (the disk is full).`]);
    disk.makeRoom();
    record(2);
    await recorder.close();
    assertNothingTorn(folder);
    assert.deepEqual(
      (await readRecords(folder)).map(({ score }) => score),
      [0, 2],
    );
  });

  test("a server goes on answering, warns once, and records again when there is room", async () => {
    const records = join(disk.folder, "served");
    const log = join(temporaryFolder(), "log");
    const descriptor = openSync(log, "w");
    const args = ["--port", "0", "--workers", "1", "--record", records, "--record-images", "1"];
    const server = await spawnScoringProcess(bundle, { args, log: descriptor });
    closeSync(descriptor);
    const image = await colourImage(red);
    const score = async (): Promise<void> => {
      assert.equal((await predict(server.url, image)).status, 200);
    };
    const isWarned = (): boolean => readFileSync(log, "utf8").includes("could not be recorded");
    await score();
    await until(async () => (await readRecords(records)).length === 1);
    disk.fill();
    while (!isWarned()) await score();
    // For more than one further write.
    for (let sent = 0; sent < 30; sent++) {
      await score();
      await delay(50);
    }
    const { length } = await readRecords(records);
    disk.makeRoom();
    await until(async () => {
      await score();
      return (await readRecords(records)).length > length;
    });
    assert.equal(await server.stop(), 0);
    assertNothingTorn(records);
    const warnings = readFileSync(log, "utf8").match(/could not be recorded in .* \(the disk is full\)/gu);
    assert.equal(warnings?.length, 1);
  });
});
