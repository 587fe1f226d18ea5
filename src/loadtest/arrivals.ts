import { Random } from "../random.js";

/**
 * When requests are due, in milliseconds from the step's begin, in order and without end.
 *
 * @param rate - Requests per second, above 0.
 * @param arrivals - `"constant"`: equally spaced, the first at 0. `"poisson"`: independent of each other, the intervals
 *   exponentially distributed with mean `1 / rate`.
 */
export function* arrivalTimes(
  rate: number,
  arrivals: "constant" | "poisson",
  seed: number,
): Generator<number, never> {
  const random = new Random(seed);
  const meanInterval = 1000 / rate;
  for (let index = 0, time = 0; ; index++) {
    if (arrivals === "constant") yield index * meanInterval;
    else yield (time += -Math.log(1 - random.uniform()) * meanInterval);
  }
}
