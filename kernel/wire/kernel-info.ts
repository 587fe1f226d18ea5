import process from "node:process";
import type { JsonObject } from "./message.js";
import { PROTOCOL_VERSION } from "./message.js";

/** The content of a `kernel_info_reply`. */
export function kernelInfo(): JsonObject {
  return {
    status: "ok",
    protocol_version: PROTOCOL_VERSION,
    implementation: "sightbook",
    implementation_version: "0.1.0",
    language_info: {
      name: "typescript",
      version: "6.0.3",
      mimetype: "application/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: { name: "javascript", typescript: true },
      nbconvert_exporter: "script",
    },
    banner: `Sightbook: TypeScript 6.0.3 on Node.js ${process.versions.node}`,
    help_links: [
      { text: "TypeScript", url: "https://www.typescriptlang.org/docs/" },
      { text: "Node.js", url: "https://nodejs.org/docs/latest/api/" },
    ],
    debugger: false,
    supported_features: [],
  };
}
