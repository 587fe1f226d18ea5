import type { LimitTrial, LoadLimit } from "./report-types.js";

/** Which rates hold and which break, as far as is known: the limit lies between the highest and the lowest of them. */
export class LimitBracket {
  readonly #p99Ms: number;
  readonly #precision: number;
  readonly #trials: LimitTrial[] = [];
  readonly #verdicts = new Map<number, boolean>();
  /** Rates that held and have not broken since, lowest first. */
  readonly #held: number[] = [];
  #broken: number | undefined;

  constructor(p99Ms: number, precision: number) {
    this.#p99Ms = p99Ms;
    this.#precision = precision;
  }

  /** Highest rate that held. */
  get held(): number | undefined {
    return this.#held.at(-1);
  }

  /** Lowest rate that broke. */
  get broken(): number | undefined {
    return this.#broken;
  }

  get isNarrow(): boolean {
    const { held, broken } = this;
    return held !== undefined && broken !== undefined && broken <= held * (1 + this.#precision);
  }

  add(trial: LimitTrial): void {
    this.#trials.push(trial);
  }

  /** @param rate - Lies inside the bracket, or is its lower end, which another trial may break. */
  decide(rate: number, isHeld: boolean): void {
    this.#verdicts.set(rate, isHeld);
    if (this.held === rate) this.#held.pop();
    if (isHeld) this.#held.push(rate);
    else this.#broken = rate;
  }

  limit(isConfirmed: boolean): LoadLimit {
    return {
      p99Ms: this.#p99Ms,
      rate: this.held ?? 0,
      ...(this.#broken !== undefined && { brokenRate: this.#broken }),
      precision: this.#precision,
      isConfirmed,
      rates: [...this.#verdicts].map(([rate, held]) => ({ rate, held })).sort((a, b) => a.rate - b.rate),
      trials: [...this.#trials],
    };
  }
}
