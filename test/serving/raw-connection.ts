import { connect, type Socket } from "node:net";

/** A connection on which a test says what no HTTP client would. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything the server sent until it closed the connection. */
  readonly closed: Promise<string>;
  /** What the server has sent so far. */
  received(): string;
  send(text: string | Uint8Array): void;
}

export function openRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  let text = "";
  socket.setEncoding("latin1").on("data", (piece: string) => (text += piece));
  const closed = new Promise<string>((resolve) => {
    socket.on("close", () => {
      resolve(text);
    });
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject).once("connect", () => {
      // From now on an error is the server closing the connection, which `closed` tells.
      socket.off("error", reject).on("error", () => undefined);
      resolve({ socket, closed, received: () => text, send: (piece) => void socket.write(piece) });
    });
  });
}

/** Body of the last answer in what a server sent. */
export function lastBody(received: string): unknown {
  return JSON.parse(received.slice(received.lastIndexOf("\r\n\r\n") + 4)) as unknown;
}
