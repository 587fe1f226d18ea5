/** Python's `str(bytes)`, which the original package's client sends. */
const pythonBytes = /^b(['"])(.*)\1$/s;

/**
 * Decodes standard base64 strictly: `Buffer.from` alone skips whatever it does not know and takes the URL alphabet too.
 *
 * @param text - Padded, without white space; the literal `b'...'` around it is accepted.
 * @returns `undefined` when it is not base64, or empty.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const content = text.startsWith("b") ? (pythonBytes.exec(text)?.[2] ?? text) : text;
  if (content === "" || content.length % 4 !== 0 || content.includes("-") || content.includes("_")) {
    return undefined;
  }
  const bytes = Buffer.from(content, "base64");
  const padding = content.endsWith("==") ? 2 : content.endsWith("=") ? 1 : 0;
  // A character that was skipped shortens the result; bits that the padding cuts off must be zero.
  if (bytes.length !== (content.length / 4) * 3 - padding) return undefined;
  const tail = bytes.subarray(Math.floor((bytes.length - 1) / 3) * 3);
  return content.endsWith(tail.toString("base64")) ? bytes : undefined;
}
