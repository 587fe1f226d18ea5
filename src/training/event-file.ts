import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import protobuf from "protobufjs/minimal.js";

import { FileError } from "../errors.js";
import { maskedCrc32c } from "./crc32c.js";

/** One value of one curve. */
export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly tag: string;
  readonly value: number;
}

let filesOpened = 0;

/**
 * A TensorBoard event file: TFRecord framing around `tensorflow.Event` messages.
 *
 * Each record goes to the file at once, so that TensorBoard follows a run and a crash loses nothing.
 */
export class EventFileWriter {
  readonly path: string;
  #descriptor: number | undefined;

  /** @param folder - Created if absent; a run in TensorBoard is a folder, several files in it are one run. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    const now = Date.now() / 1000;
    filesOpened += 1;
    // TensorBoard reads a run's files in the order of their names: seconds first, then what makes the name unique.
    const name = `events.out.tfevents.${Math.floor(now)}.${hostname()}.${process.pid}.${filesOpened}`;
    this.path = join(folder, name);
    this.#descriptor = openSync(this.path, "ax");
    this.#append(encodeEvent(now, 0, (event) => event.uint32(26).string("brain.Event:2")));
  }

  /** Adds one value to each of some curves at the same step. */
  writeScalars(step: number, scalars: Readonly<Record<string, number>>): void {
    const message = encodeEvent(Date.now() / 1000, step, (event) => {
      event.uint32(42).fork(); // Event.summary = 5
      for (const [tag, value] of Object.entries(scalars)) {
        event.uint32(10).fork().uint32(10).string(tag).uint32(21).float(value).ldelim();
      }
      return event.ldelim();
    });
    this.#append(message);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #append(message: Uint8Array): void {
    if (this.#descriptor === undefined) throw new FileError(this.path, "this event file is closed already");
    writeSync(this.#descriptor, frameRecord(message));
  }
}

function encodeEvent(
  wallTime: number,
  step: number,
  what: (event: protobuf.Writer) => protobuf.Writer,
): Uint8Array {
  return what(protobuf.Writer.create().uint32(9).double(wallTime).uint32(16).int64(step)).finish();
}

/** Length, its checksum, the message, its checksum, all little-endian. */
function frameRecord(message: Uint8Array): Uint8Array {
  const record = new Uint8Array(message.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(message.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(message, 12);
  view.setUint32(12 + message.length, maskedCrc32c(message), true);
  return record;
}

/**
 * The scalars of an event file, in order. A record that a crash cut off at the end is left out, as TensorBoard
 * does.
 *
 * @throws {@link FileError} when a checksum does not hold.
 */
export function readScalars(path: string, bytes: Uint8Array): ScalarEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scalars: ScalarEvent[] = [];
  for (let at = 0; at + 16 <= bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    if (view.getUint32(at + 8, true) !== maskedCrc32c(bytes.subarray(at, at + 8))) {
      throw new FileError(path, `the length checksum at byte ${at} does not hold`);
    }
    if (at + 16 + length > bytes.length) break;
    const message = bytes.subarray(at + 12, at + 12 + length);
    if (view.getUint32(at + 12 + length, true) !== maskedCrc32c(message)) {
      throw new FileError(path, `the record checksum at byte ${at} does not hold`);
    }
    scalars.push(...decodeEvent(message));
    at += 16 + length;
  }
  return scalars;
}

function decodeEvent(message: Uint8Array): ScalarEvent[] {
  const reader = protobuf.Reader.create(message);
  let wallTime = 0;
  let step = 0;
  const values: { tag: string; value: number }[] = [];
  while (reader.pos < reader.len) {
    const key = reader.uint32();
    if (key === 9) wallTime = reader.double();
    else if (key === 16) step = Number(reader.int64());
    else if (key === 42) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) {
        if (reader.uint32() === 10) values.push(decodeValue(reader));
        else throw new FileError("event file", "a summary holds something that is not a value");
      }
    } else reader.skipType(key & 7);
  }
  return values.map(({ tag, value }) => ({ wallTime, step, tag, value }));
}

function decodeValue(reader: protobuf.Reader): { tag: string; value: number } {
  const end = reader.uint32() + reader.pos;
  let tag = "";
  let value = NaN;
  while (reader.pos < end) {
    const key = reader.uint32();
    if (key === 10) tag = reader.string();
    else if (key === 21) value = reader.float();
    else reader.skipType(key & 7);
  }
  return { tag, value };
}
