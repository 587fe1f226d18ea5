import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";

import type { Header, IncomingMessage, JsonObject, OutgoingMessage } from "./message.js";

const DELIMITER = Buffer.from("<IDS|MSG>");

/** How a connection file says that messages are signed; an empty key means they are not. */
export interface Signing {
  readonly key: string;
  /** As in the connection file, such as `"hmac-sha256"`. */
  readonly scheme: string;
}

/** A message that cannot be read; it is dropped and the kernel goes on. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}

/** Lays a message out as the frames of one multipart ZeroMQ message, signed. */
export function encodeFrames(message: OutgoingMessage, signing: Signing): Uint8Array[] {
  const parts = [message.header, message.parentHeader, message.metadata, message.content].map((part) =>
    Buffer.from(part),
  );
  const signature = Buffer.from(sign(parts, signing));
  return [...message.identities, DELIMITER, signature, ...parts, ...message.buffers];
}

/**
 * Reads the frames of one multipart message.
 *
 * @throws {@link MalformedMessage} when the delimiter or a part is missing, the signature is wrong, or a part is not a JSON object.
 */
export function decodeFrames(frames: readonly Uint8Array[], signing: Signing): IncomingMessage {
  const delimiter = frames.findIndex((frame) => DELIMITER.equals(frame));
  if (delimiter < 0) throw new MalformedMessage("the frame <IDS|MSG> is missing");
  const parts = frames.slice(delimiter + 2, delimiter + 6);
  const signature = frames[delimiter + 1];
  if (signature === undefined || parts.length < 4) {
    throw new MalformedMessage(
      `expected a signature and four parts, got ${frames.length - delimiter - 1} frames`,
    );
  }
  if (signing.key !== "") {
    const expected = Buffer.from(sign(parts, signing));
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
      throw new MalformedMessage("the signature does not match the connection file's key");
    }
  }
  const [header, parentHeader, metadata, content] = parts.map(parseObject);
  return {
    identities: frames.slice(0, delimiter).map((frame) => Uint8Array.from(frame)),
    header: checkHeader(header!),
    parentHeader: parentHeader as Partial<Header>,
    metadata: metadata!,
    content: content!,
    buffers: frames.slice(delimiter + 6).map((frame) => Uint8Array.from(frame)),
  };
}

function sign(parts: readonly Uint8Array[], signing: Signing): string {
  if (signing.key === "") return "";
  const hmac = createHmac(signing.scheme.replace(/^hmac-/, ""), signing.key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

function parseObject(frame: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString("utf8"));
  } catch {
    throw new MalformedMessage("a part is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MalformedMessage("a part is not a JSON object");
  }
  return value as JsonObject;
}

function checkHeader(header: JsonObject): Header {
  const { msg_id, msg_type } = header;
  if (typeof msg_id !== "string" || typeof msg_type !== "string") {
    throw new MalformedMessage("the header lacks msg_id or msg_type");
  }
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    ...header,
    msg_id,
    msg_type,
    session: text(header["session"]),
    username: text(header["username"]),
    date: text(header["date"]),
    version: text(header["version"]),
  };
}
