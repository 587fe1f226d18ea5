import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after } from "node:test";

/** How a server of {@link serveFile} misbehaves, one request at a time; after the last fault it serves properly. */
export interface Fault {
  /** Destroys the connection after so many bytes of the body, once {@link FileServerOptions.clientHas} says they arrived. */
  readonly dropAfter?: number;
  /** States a shorter body than there is and ends properly: what a broken proxy does. */
  readonly truncateTo?: number;
  /** Flips the first byte sent. */
  readonly corrupt?: boolean;
  /** Answers with this status and no file. */
  readonly status?: number;
  /** From this request on another file is served. */
  readonly replaceBy?: Uint8Array;
  /** Sends nothing after the headers. */
  readonly silent?: boolean;
}

export interface FileServerOptions {
  /** Bytes of the whole file that the client has: a connection destroyed earlier loses what is under way. */
  readonly clientHas?: () => number;
  readonly faults?: readonly Fault[];
  /** Takes no notice of `Range`. */
  readonly ignoresRange?: boolean;
  /** Sends no ETag and no date. */
  readonly anonymous?: boolean;
  /** Path of the file; another path is answered 404. Default: any path. */
  readonly path?: string;
  /** The file is served from elsewhere, by a redirect that announces its digest, as the Hugging Face hub does. */
  readonly redirects?: boolean;
  /** The digest announced by a redirect. Default: the file's. */
  readonly announced?: string;
}

export interface FileServer {
  readonly url: string;
  /** `Range` of each request for the file, in order; `"whole"` where there was none. */
  readonly ranges: readonly string[];
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A local HTTP server of one file that fails as told; it closes when the test file ends. */
export async function serveFile(file: Uint8Array, options: FileServerOptions = {}): Promise<FileServer> {
  const faults = [...(options.faults ?? [])];
  const ranges: string[] = [];
  let content = file;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? "/";
    if (options.path !== undefined && path !== options.path && path !== "/storage") {
      response.writeHead(404).end();
      return;
    }
    if (options.redirects && path !== "/storage") {
      const announced = options.announced ?? digestOf(content);
      response.writeHead(302, { Location: "/storage", "X-Linked-ETag": `"${announced}"` }).end();
      return;
    }
    const fault = faults.shift() ?? {};
    content = fault.replaceBy ?? content;
    ranges.push(request.headers.range ?? "whole");
    answer(request, response, content, fault, options);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, ranges };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array,
  fault: Fault,
  { ignoresRange = false, anonymous = false, clientHas = () => Infinity }: FileServerOptions,
): void {
  if (fault.status !== undefined) {
    response.writeHead(fault.status).end("no file");
    return;
  }
  const etag = `"${digestOf(content).slice(0, 16)}"`;
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  const resumes = asked !== undefined && !ignoresRange && request.headers["if-range"] === etag;
  const start = resumes ? Number(asked) : 0;
  const validators = anonymous ? {} : { ETag: etag };
  if (resumes && start >= content.length) {
    response.writeHead(416, { "Content-Range": `bytes */${content.length}` }).end();
    return;
  }
  const body = Buffer.from(content.subarray(start, fault.truncateTo));
  if (fault.corrupt) body[0] = body[0]! ^ 0xff;
  const range = resumes ? { "Content-Range": `bytes ${start}-${content.length - 1}/${content.length}` } : {};
  response.writeHead(resumes ? 206 : 200, { ...validators, ...range, "Content-Length": body.length });
  if (fault.silent) {
    response.flushHeaders();
  } else if (fault.dropAfter !== undefined) {
    const sent = start + fault.dropAfter;
    response.write(body.subarray(0, fault.dropAfter));
    const watch = setInterval(() => {
      if (clientHas() < sent) return;
      clearInterval(watch);
      response.destroy();
    }, 5);
  } else {
    response.end(body);
  }
}
