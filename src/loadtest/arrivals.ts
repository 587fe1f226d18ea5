import { Random } from "../random.js";
import type { Load } from "./report-types.js";

/**
 * When the requests of an open loop are due, in milliseconds from the step's begin, in order; without end where the load
 * does not count them.
 *
 * `"constant"` ones are equally spaced, the first at 0. `"poisson"` ones are independent of each other, the intervals
 * exponentially distributed. Where the load counts its requests, so many come in exactly the time that its rate says: as
 * random as Poisson arrivals are when their number is known, and the rate is not random itself.
 */
export function* arrivalTimes(
  { rate = 1, arrivals = "poisson", requests = Infinity }: Pick<Load, "rate" | "arrivals" | "requests">,
  seed: number,
): Generator<number, void> {
  const meanInterval = 1000 / rate;
  if (arrivals === "constant") {
    for (let index = 0; index < requests; index++) yield index * meanInterval;
    return;
  }
  const isCounted = Number.isFinite(requests);
  let scale = meanInterval;
  if (isCounted) {
    const random = new Random(seed);
    let total = 0;
    for (let index = 0; index <= requests; index++) total += exponential(random);
    scale = (requests * meanInterval) / total;
  }
  const random = new Random(seed);
  for (let index = 0, time = 0; index < requests; index++) {
    time += exponential(random) * scale;
    yield time;
  }
}

/** Exponentially distributed with mean 1. */
function exponential(random: Random): number {
  return -Math.log(1 - random.uniform());
}
