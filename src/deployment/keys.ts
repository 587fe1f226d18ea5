import { keyDigest, newKey } from "../serving/index.js";

/** What clients of a deployment send; both work, so that one can be replaced while the other is in use. */
export interface DeploymentKeys {
  readonly primary: string;
  /** `undefined` where another machine made it: only its hash is known then. */
  readonly secondary?: string | undefined;
}

/** The keys, and what a service knows of them. */
export interface KeysWithDigests {
  readonly keys: DeploymentKeys;
  /** SHA-256 of the primary and of the secondary key. */
  readonly digests: readonly string[];
}

/**
 * The keys of a deployment that is about to be made or changed: those that this machine knows, else new ones.
 *
 * @param oldDigests - Of a deployment that another machine made: its clients go on with their key.
 */
export function keysFor(
  known: DeploymentKeys | undefined,
  oldDigests: readonly string[] = [],
): KeysWithDigests {
  if (known?.secondary !== undefined) return { keys: known, digests: digestsOf(known) };
  const [oldPrimary, oldSecondary] = oldDigests;
  if (known !== undefined) {
    return { keys: known, digests: [keyDigest(known.primary), ...(oldSecondary ? [oldSecondary] : [])] };
  }
  const primary = newKey();
  if (oldPrimary !== undefined)
    return { keys: { primary: primary.key }, digests: [primary.digest, oldPrimary] };
  const secondary = newKey();
  return {
    keys: { primary: primary.key, secondary: secondary.key },
    digests: [primary.digest, secondary.digest],
  };
}

/** A new primary key; the one that was it becomes the secondary, and that one's time is over. */
export function rotatedKeys({ primary }: DeploymentKeys): KeysWithDigests {
  const keys = { primary: newKey().key, secondary: primary };
  return { keys, digests: digestsOf(keys) };
}

function digestsOf({ primary, secondary }: DeploymentKeys): string[] {
  return [primary, secondary].filter((key) => key !== undefined).map(keyDigest);
}
