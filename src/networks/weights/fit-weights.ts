import { FileError } from "../../errors.js";
import type { Random } from "../../random.js";
import { initializeParameter } from "../initialize.js";
import {
  parametersOf,
  type Network,
  type ParameterSpec,
  type Weights,
  type WeightTensor,
} from "../network.js";
import { canonicalNames } from "./names.js";

export interface FittedWeights {
  /** Complete for the network. */
  readonly weights: Weights;
  /** Parameters that were given fresh values instead of the file's: the head, or nothing. */
  readonly fresh: readonly string[];
}

/**
 * Gives a network the tensors of a file, after {@link canonicalNames}.
 *
 * @param freshHead - Draws the head anew when the file has none or one for another number of labels; without it that is an
 *   error as any other mismatch.
 * @throws {@link FileError} that lists what is missing, unexpected, of another shape (both shapes) or not finite.
 */
export function fitWeights(
  network: Network,
  tensors: Weights,
  { path, freshHead }: { readonly path: string; readonly freshHead?: Random | undefined },
): FittedWeights {
  const named = canonicalNames(tensors);
  const specs = parametersOf(network);
  const head = specs.filter(({ stage }) => stage === "head");
  const others = specs.filter(({ stage }) => stage !== "head");
  const headFits = head.every(({ name, shape }) => sameShape(named.get(name)?.shape, shape));
  const renewed = freshHead !== undefined && !headFits && head.every((spec) => replaceable(spec, named));
  const wanted = renewed ? others : specs;
  checkFit(network, wanted, specs, named, path);
  const weights = new Map<string, WeightTensor>();
  for (const spec of specs) {
    const fresh = renewed && spec.stage === "head";
    const { name, shape } = spec;
    const data = fresh ? initializeParameter(network, spec, freshHead).data : named.get(name)!.data;
    weights.set(name, { shape, data });
  }
  return { weights, fresh: renewed ? head.map(({ name }) => name) : [] };
}

/** A head that is absent or differs in the number of labels alone. */
function replaceable({ name, shape }: ParameterSpec, named: Weights): boolean {
  const found = named.get(name)?.shape;
  return found === undefined || sameShape(found.slice(1), shape.slice(1));
}

function checkFit(
  network: Network,
  wanted: readonly ParameterSpec[],
  all: readonly ParameterSpec[],
  named: Weights,
  path: string,
): void {
  const known = new Set(all.map(({ name }) => name));
  const missing = wanted.filter(({ name }) => !named.has(name)).map(({ name }) => name);
  const unexpected = [...named.keys()].filter((name) => !known.has(name));
  const misfits = wanted.flatMap(({ name, shape }) => {
    const found = named.get(name)?.shape;
    if (found === undefined || sameShape(found, shape)) return [];
    return [`${name} must be [${shape.join(", ")}], got [${found.join(", ")}]`];
  });
  const problems = [
    list("shapes differ", misfits),
    list("missing", missing),
    list("unexpected", unexpected),
  ].filter((problem) => problem !== "");
  if (problems.length > 0) {
    throw new FileError(
      path,
      `does not fit ${network.name}: ${problems.join("; ")}`,
      advice(missing, misfits),
    );
  }
  const broken = wanted.filter(({ name }) => !named.get(name)!.data.every(Number.isFinite));
  if (broken.length > 0) {
    const names = broken.map(({ name }) => name);
    throw new FileError(path, `holds values that are not finite numbers: ${list("in", names)}`);
  }
}

function advice(missing: readonly string[], misfits: readonly string[]): string {
  if (missing.length === 0 && misfits.every((text) => text.startsWith("fc.")) && misfits.length > 0) {
    return "Build the network for the file's number of labels, or allow a fresh head.";
  }
  return "Check that the file was saved from this network.";
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return "";
  const more = items.length > 5 ? ` and ${items.length - 5} more` : "";
  return `${title} ${items.slice(0, 5).join(", ")}${more}`;
}

function sameShape(a: readonly number[] | undefined, b: readonly number[]): boolean {
  return a?.length === b.length && a.every((extent, i) => extent === b[i]);
}
