import { inputsOf, type Network, type NetworkNode } from "../networks/network.js";

/**
 * The part of a network that computes `targets` in evaluation mode: dropout nodes are gone, and so is what no
 * target needs. A target that was a dropout node becomes the node before it.
 *
 * @returns The nodes, and for each target the name of the node that now computes it.
 */
export function inferenceNodes(
  network: Network,
  targets: readonly string[],
): { nodes: NetworkNode[]; targets: string[] } {
  const source = new Map<string, string>();
  const kept: NetworkNode[] = [];
  for (const node of network.nodes) {
    if (node.kind === "dropout") source.set(node.name, source.get(node.input) ?? node.input);
    else kept.push(redirect(node, source));
  }
  const computed = targets.map((target) => source.get(target) ?? target);
  const needed = new Set(computed);
  for (const node of kept.toReversed()) {
    if (needed.has(node.name)) for (const input of inputsOf(node)) needed.add(input);
  }
  return { nodes: kept.filter((node) => needed.has(node.name)), targets: computed };
}

/** The same node, reading the node that `source` names for each of its inputs. */
export function redirect(node: NetworkNode, source: ReadonlyMap<string, string>): NetworkNode {
  const from = (name: string): string => source.get(name) ?? name;
  switch (node.kind) {
    case "input":
      return node;
    case "add":
      return { ...node, inputs: [from(node.inputs[0]), from(node.inputs[1])] };
    default:
      return { ...node, input: from(node.input) };
  }
}
