import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { ArgumentError, FileError } from "../errors.js";
import { errorCode, readJson, systemReason, writeFileAtomic } from "../files.js";
import { readSafetensors, writeSafetensors, type Weights } from "../networks/index.js";
import type { EpochRecord } from "./history.js";

/** What must be the same when a run resumes: plain data, compared as JSON. */
export type RunRecipe = Readonly<Record<string, unknown>>;

/** Where an interrupted run stands. */
export interface RunState {
  readonly history: readonly EpochRecord[];
  readonly lastWeights: Weights;
  /** Absent when the last epoch is the best one. */
  readonly bestWeights?: Weights;
}

interface StateFile {
  readonly recipe: RunRecipe;
  /** Epochs finished; `history.jsonl` may hold one more when a crash came between the two. */
  readonly epochs: number;
  readonly last: string;
  readonly best: string;
}

const stateName = "state.json";
const historyName = "history.jsonl";

/**
 * The folder of a training run: `history.jsonl` with one line per epoch, `state.json`, and the weights of the last
 * and of the best epoch in `checkpoints/`. `state.json` is written last and names files that are complete, so that a
 * crash at any moment leaves a run that resumes from its last finished epoch.
 *
 * The optimiser's momentum is not kept: a resumed run builds it up again over its first dozen steps.
 */
export class RunDirectory {
  readonly path: string;
  readonly #recipe: RunRecipe;
  #best: string | undefined;
  #last: string | undefined;

  constructor(path: string, recipe: RunRecipe) {
    this.path = path;
    this.#recipe = recipe;
  }

  /**
   * Reads where the run stands; `undefined` when it has not finished an epoch yet.
   *
   * @throws {@link ArgumentError} when the folder belongs to a run with another recipe.
   * @throws {@link FileError} when a file of it is missing or damaged.
   */
  async resume(): Promise<RunState | undefined> {
    const statePath = join(this.path, stateName);
    let state: StateFile;
    try {
      state = (await readJson(statePath)) as StateFile;
    } catch (error) {
      if (errorCode((error as Error).cause) === "ENOENT") return undefined;
      throw error;
    }
    this.#checkRecipe(state.recipe);
    const history = (await this.#read(historyName)).toString("utf8").split("\n").slice(0, state.epochs);
    const lastWeights = await this.#readWeights(state.last);
    const bestWeights = state.best === state.last ? undefined : await this.#readWeights(state.best);
    this.#last = state.last;
    this.#best = state.best;
    return {
      history: history.map((line) => JSON.parse(line) as EpochRecord),
      lastWeights,
      ...(bestWeights && { bestWeights }),
    };
  }

  /** Records a finished epoch. */
  async save(history: readonly EpochRecord[], weights: Weights, isBest: boolean): Promise<void> {
    const epoch = history.at(-1)!.epoch;
    const last = `checkpoints/epoch-${String(epoch).padStart(4, "0")}.safetensors`;
    const best = isBest ? last : (this.#best ?? last);
    await mkdir(join(this.path, "checkpoints"), { recursive: true });
    await writeFileAtomic(join(this.path, last), writeSafetensors(weights));
    await writeFileAtomic(
      join(this.path, historyName),
      history.map((record) => `${JSON.stringify(record)}\n`).join(""),
    );
    const state: StateFile = { recipe: this.#recipe, epochs: history.length, last, best };
    await writeFileAtomic(join(this.path, stateName), `${JSON.stringify(state, null, 2)}\n`);
    for (const old of [this.#last, this.#best]) {
      if (old !== undefined && old !== last && old !== best) await rm(join(this.path, old), { force: true });
    }
    this.#last = last;
    this.#best = best;
  }

  #checkRecipe(found: RunRecipe): void {
    for (const key of new Set([...Object.keys(found), ...Object.keys(this.#recipe)])) {
      const [before, now] = [JSON.stringify(found[key]), JSON.stringify(this.#recipe[key])];
      if (before === now) continue;
      throw new ArgumentError(
        "ImageClassifier.fit",
        "resume",
        `the same run again, but ${key} was ${before} in ${this.path}`,
        this.#recipe[key],
        "Use the same options, or another runDirectory for a new run.",
      );
    }
  }

  async #readWeights(name: string): Promise<Weights> {
    return readSafetensors(await this.#read(name), join(this.path, name)).tensors;
  }

  async #read(name: string): Promise<Buffer> {
    const path = join(this.path, name);
    try {
      return await readFile(path);
    } catch (error) {
      throw new FileError(
        path,
        `this part of the run could not be read (${systemReason(error)})`,
        "Start again with a new runDirectory.",
        { cause: error },
      );
    }
  }
}
