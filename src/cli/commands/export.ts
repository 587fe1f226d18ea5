import { Command } from "commander";
import { extname } from "node:path";

import { ArgumentError } from "../../errors.js";
import { readBundle, writeBundle } from "../../export/index.js";
import { writeFileAtomic } from "../../files.js";
import { withResult, type CommandResult } from "../command.js";

/** `sightbook export`: one file of a bundle, or the bundle in its other form. */
export function exportCommand(finish: (exitCode: number) => void): Command {
  const command = new Command("export")
    .description(
      "Take the model out of a bundle: .onnx (pixels 0 to 255 to logits, features and probabilities), " +
        ".safetensors (the network's weights), or .zip and folder (the bundle itself).",
    )
    .argument("<bundle>", "folder or .zip that train wrote")
    .argument("<output>", "file ending in .onnx, .safetensors or .zip, or a folder");
  return withResult(command, exportModel, finish);
}

const fileOfExtension: Readonly<Record<string, string>> = {
  ".onnx": "model.onnx",
  ".safetensors": "weights.safetensors",
};

async function exportModel(path: string, output: string): Promise<CommandResult> {
  const bundle = await readBundle(path);
  const { schemaVersion, files: listed, ...description } = bundle.manifest;
  const name = fileOfExtension[extname(output).toLowerCase()];
  if (name === undefined) {
    await writeBundle(output, description, bundle.files);
    const format = output.toLowerCase().endsWith(".zip") ? "zip" : "folder";
    return {
      json: { output, format, schemaVersion, files: Object.keys(listed) },
      text: `${output}: the bundle, ${Object.keys(listed).join(", ")}`,
    };
  }
  const data = bundle.files.get(name);
  if (data === undefined) {
    const has = Object.keys(listed).join(", ");
    throw new ArgumentError("export", "output", `a file that the bundle can give (it has ${has})`, output);
  }
  await writeFileAtomic(output, data);
  const { size, sha256 } = listed[name]!;
  return {
    json: { output, format: extname(output).slice(1).toLowerCase(), bytes: size, sha256 },
    text: `${output}: ${size} bytes, SHA-256 ${sha256}`,
  };
}
