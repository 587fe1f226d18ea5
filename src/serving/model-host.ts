import { ArgumentError } from "../errors.js";
import { InferencePool, type PoolOptions } from "./inference-pool.js";
import type { ServedFiles } from "./inference-messages.js";
import { checkPlainName } from "./options.js";
import { bundleVersion, readServedBundle } from "./served-bundle.js";

/** A bundle that is being served. */
export interface ActiveModel {
  readonly version: string;
  readonly manifest: ServedFiles["manifest"];
  /** Where it was read. */
  readonly bundle: string;
  readonly pool: InferencePool;
}

export type ModelHostOptions = Omit<PoolOptions, "files"> & {
  /** Told when another version has taken over. */
  readonly onSwitch?: (active: ActiveModel) => void;
};

interface Source {
  readonly bundle: string;
  readonly version?: string | undefined;
}

/**
 * Holds the version that is served, and changes it without a gap: the new processes are ready before the first request
 * goes to them, and the old ones answer all that they had accepted.
 */
export class ModelHost {
  #options: ModelHostOptions;
  #active: ActiveModel;
  #source: Source;
  #previous: Source | undefined;
  #workers: number;
  readonly #draining = new Set<Promise<void>>();
  /** Changes are made one after another. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: ModelHostOptions, source: Source, active: ActiveModel) {
    this.#options = options;
    this.#source = source;
    this.#active = active;
    this.#workers = options.workers;
  }

  /** @throws {@link SightbookError} when the bundle cannot be served. */
  static async open(source: Source, options: ModelHostOptions): Promise<ModelHost> {
    return new ModelHost(options, source, await openModel(source, options));
  }

  get active(): ActiveModel {
    return this.#active;
  }

  /** The bundle that {@link rollback} would go back to. */
  get previousBundle(): string | undefined {
    return this.#previous?.bundle;
  }

  /**
   * Serves another bundle; when it cannot be served, the one at hand stays.
   *
   * @throws {@link SightbookError} that says why.
   */
  switchTo(bundle: string, version?: string): Promise<ActiveModel> {
    return this.#inTurn(() => {
      if (version !== undefined) checkPlainName("switchTo", "version", version);
      return this.#change({ bundle, version });
    });
  }

  /** Reads the bundle's path again. */
  reload(): Promise<ActiveModel> {
    return this.#inTurn(() => this.#change({ bundle: this.#source.bundle }));
  }

  /** Whether image statistics come with the scores; processes that do so take the place of those at hand. */
  measure(measuresImages: boolean): Promise<ActiveModel> {
    return this.#inTurn(() => {
      this.#options = { ...this.#options, measuresImages };
      return this.#change({ ...this.#source, version: this.#active.version });
    });
  }

  /** @throws {@link ArgumentError} when nothing was served before. */
  rollback(): Promise<ActiveModel> {
    return this.#inTurn(() => {
      if (this.#previous === undefined) {
        throw new ArgumentError("rollback", "the server", "one that served another bundle before", "none");
      }
      return this.#change(this.#previous);
    });
  }

  /** @throws {@link ArgumentError} when `workers` is no whole number from 1. */
  scale(workers: number): Promise<void> {
    return this.#inTurn(async () => {
      if (!Number.isInteger(workers) || workers < 1) {
        throw new ArgumentError("scale", "workers", "a whole number from 1", workers);
      }
      await this.#active.pool.scale(workers);
      this.#workers = workers;
    });
  }

  /** Answers all that was accepted, then ends every process. */
  async drain(): Promise<void> {
    await this.#inTurn(() => this.#active.pool.drain());
    await Promise.all(this.#draining);
  }

  kill(): void {
    this.#active.pool.kill();
  }

  async #change(source: Source): Promise<ActiveModel> {
    const active = await openModel(source, { ...this.#options, workers: this.#workers });
    const { pool } = this.#active;
    this.#active = active;
    if (source.bundle !== this.#source.bundle) this.#previous = this.#source;
    this.#source = source;
    this.#options.onSwitch?.(active);
    const drained = pool.drain().finally(() => this.#draining.delete(drained));
    this.#draining.add(drained);
    return active;
  }

  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(change);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

async function openModel({ bundle, version }: Source, options: ModelHostOptions): Promise<ActiveModel> {
  const files = await readServedBundle(bundle);
  const pool = await InferencePool.open({ ...options, files });
  return { version: version ?? bundleVersion(files.manifest), manifest: files.manifest, bundle, pool };
}
