/** Messages of the Jupyter messaging protocol; field names keep the specification's spelling. */

/** The version of the messaging specification this kernel speaks. */
export const PROTOCOL_VERSION = "5.4";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object; `undefined` members are left out when written. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export interface Header {
  readonly msg_id: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly msg_type: string;
  readonly version: string;
}

/** The sockets that carry messages; the heartbeat only echoes bytes. */
export type Channel = "shell" | "control" | "stdin" | "iopub";

/** A message as it came off a socket, signature checked. */
export interface IncomingMessage {
  readonly identities: readonly Uint8Array[];
  readonly header: Header;
  readonly parentHeader: Partial<Header>;
  readonly metadata: JsonObject;
  readonly content: JsonObject;
  readonly buffers: readonly Uint8Array[];
}

/** A message on its way out, its four JSON parts already text: whoever fails to serialise a value learns it at once. */
export interface OutgoingMessage {
  readonly identities: readonly Uint8Array[];
  readonly header: string;
  readonly parentHeader: string;
  readonly metadata: string;
  readonly content: string;
  readonly buffers: readonly Uint8Array[];
}
