import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { display, type MimeBundle } from "../display.js";
import { ArgumentError, SightbookError } from "../errors.js";
import { interruptible } from "../interrupt.js";
import { loadTest, type LoadTestOptions, type LoadTestReport } from "../loadtest/index.js";
import { buildImage, type DockerImage } from "./docker/build-image.js";
import type { ImageSource } from "./image-source.js";
import { parseRecords, type ScoreRecord } from "../monitoring/records.js";
import type { RecordingOptions } from "./recording.js";
import type { DeploymentKeys } from "./keys.js";
import type { KubernetesOptions } from "./kubernetes/cluster-spec.js";
import { writeManifests } from "./kubernetes/write-manifests.js";
import { checkName, checkPort, checkReplicas } from "./names.js";
import { samplePicture } from "./sample-picture.js";
import {
  scoreImageWith,
  type ImageScore,
  type ScoreImageOptions,
  type ScoringService,
} from "./score-image.js";
import { storeVersion, type DeployableModel } from "./stored-versions.js";
import { factsTable } from "./table.js";
import type { DeploymentStatus, DeploymentTarget, LogOptions, TargetName, WorkOptions } from "./target.js";
import { targetNamed, targetNames } from "./targets.js";

/** Where a deployment is. */
export interface DeploymentPlace {
  /** Default `"local"` to deploy and to delete; all that were used from this machine to list and to open. */
  readonly target?: TargetName | undefined;
  /** For the target `"kubernetes"`: context, namespace, repository of the image, and more. */
  readonly kubernetes?: KubernetesOptions | undefined;
}

export interface DeploymentOptions extends DeploymentPlace {
  /** Lower-case letters, digits and dashes; it becomes part of addresses. */
  readonly name: string;
  /** A trained classifier, or the path of a bundle that one saved. Only {@link Deployment.deploy} needs it. */
  readonly model?: DeployableModel;
  /** How many replicas score. Default: as many as there are, at first 1. */
  readonly replicas?: number;
  /** Port of the endpoint. Default: a free one, kept from then on. */
  readonly port?: number;
  /** Address to listen on. Default `"127.0.0.1"`: reachable from this machine alone. */
  readonly host?: string;
  /**
   * Keeps label, score and statistics of each image that is scored, for {@link Deployment.records} and a report of drift; no
   * image unless `keepImages` asks for a share of them. Default: as it is, at first false.
   */
  readonly record?: boolean | RecordingOptions;
}

export interface DeployOptions extends WorkOptions {
  /** Ends the work tidily. A notebook's stop button and Ctrl-C do the same. */
  readonly signal?: AbortSignal;
  /** Called with one sentence for every step. */
  readonly onProgress?: (step: string) => void;
}

export type DeploymentLoadTestOptions = Omit<LoadTestOptions, "url" | "key" | "images"> & {
  /** Image files, as paths or bytes, sent in turn. Default: one picture of 640 x 480 px, made up. */
  readonly images?: LoadTestOptions["images"];
};

/**
 * A model as a web service: deployed, asked, changed and removed in the same way wherever it runs. It outlives the
 * notebook that made it, and every session of the same user can use it by its name.
 */
export class Deployment {
  readonly name: string;
  readonly #options: DeploymentOptions;
  readonly #target: DeploymentTarget;
  #status: DeploymentStatus | undefined;
  #keys: DeploymentKeys | undefined;

  /** @throws {@link ArgumentError} when an option is out of range. Nothing is started before {@link deploy}. */
  constructor(options: DeploymentOptions) {
    const where = "Deployment";
    const { name, target = "local", replicas, port } = options;
    checkName(where, name);
    if (replicas !== undefined) checkReplicas(where, replicas);
    if (port !== undefined) checkPort(where, port);
    this.name = name;
    this.#options = options;
    this.#target = targetNamed(where, target, options.kubernetes);
  }

  /**
   * Serves the model under this name.
   *
   * When the deployment is running, it changes to the model without a failed request, and {@link rollback} goes back;
   * when it was stopped, it starts again at the address it had.
   *
   * @throws {@link ArgumentError} when there is no model, or the port is in use; {@link FileError} when the bundle is
   *   damaged; {@link SightbookError} with what the service said when it cannot start: nothing is left of it then, or the
   *   version before goes on.
   */
  async deploy(options: DeployOptions = {}): Promise<this> {
    const { replicas, port, host, record } = this.#options;
    const model = this.#model("deploy");
    const onProgress = options.onProgress ?? (() => undefined);
    const work = interruptible(options.signal);
    const folder = await mkdtemp(join(tmpdir(), "sightbook-deploy-"));
    try {
      onProgress("Storing the model");
      const { version, bundle } = await storeVersion(folder, model);
      this.#status = await this.#target.deploy(
        { name: this.name, bundle, version, replicas, port, host, record },
        { signal: work.signal, onProgress },
      );
      this.#keys = await this.#target.keys(this.name);
      onProgress(`Ready at ${this.#status.endpoint}`);
    } finally {
      work.release();
      await rm(folder, { recursive: true, force: true });
    }
    return this;
  }

  /**
   * Makes a container image that serves the model, without deploying it: from this machine's Node and packages, with nothing
   * from a registry. It runs as nobody, with a read-only root.
   *
   * @param options - `output`: write it there, for `docker load` or a registry, instead of handing it to the daemon.
   * @throws {@link EnvironmentError} on systems other than Linux, or when no daemon answers.
   */
  async buildDockerImage({ output }: { readonly output?: string } = {}): Promise<DockerImage> {
    const folder = await mkdtemp(join(tmpdir(), "sightbook-image-"));
    try {
      const { version, bundle } = await storeVersion(folder, this.#model("buildDockerImage"));
      return await buildImage(this.name, version, bundle, output);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /**
   * Writes what the target `"kubernetes"` would apply, one YAML file for each object, and changes nothing in a cluster.
   *
   * @returns The keys of the service, since the files hold only their hashes; `undefined` when there were files for this
   *   deployment already: then its keys stay as they are.
   */
  async writeManifests(folder: string): Promise<DeploymentKeys | undefined> {
    const temporary = await mkdtemp(join(tmpdir(), "sightbook-manifests-"));
    try {
      const { version } = await storeVersion(temporary, this.#model("writeManifests"));
      const { replicas, port, host, record, kubernetes = {} } = this.#options;
      return await writeManifests(
        folder,
        { name: this.name, version, replicas, port, host, record },
        kubernetes,
      );
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** Address of the service, such as `"http://127.0.0.1:5001"`; known once it was deployed or opened. */
  get endpoint(): string {
    return this.#known("endpoint").endpoint;
  }

  /** The key that the service asks for, 256 random bits; who has it may score. */
  get key(): string {
    this.#known("key");
    return this.#keys!.primary;
  }

  /**
   * The service takes this key too: the one that was {@link key} before the last {@link rotateKey}. `undefined` where another
   * machine deployed first and nothing but its hash is known.
   */
  get secondaryKey(): string | undefined {
    this.#known("secondaryKey");
    return this.#keys!.secondary;
  }

  /** Version of the model that was served when this was last asked. */
  get version(): string {
    return this.#known("version").version;
  }

  /**
   * Scores one image: a path, an address that is fetched from here, or the bytes of an image file. A service that is reachable
   * from inside its cluster alone is asked through the cluster's API server.
   *
   * @throws {@link ArgumentError} when it is no image that the service can read; {@link EnvironmentError} when the service
   *   cannot be reached or does not answer in time.
   */
  async scoreImage(image: ImageSource, options: ScoreImageOptions = {}): Promise<ImageScore> {
    return this.#reached("scoreImage", (service) =>
      scoreImageWith("Deployment.scoreImage", image, service, options),
    );
  }

  /** Scores one image with any service that Sightbook serves, by its address and key. */
  static async scoreExistingService(
    image: ImageSource,
    options: ScoringService & ScoreImageOptions,
  ): Promise<ImageScore> {
    return scoreImageWith("Deployment.scoreExistingService", image, options, options);
  }

  /** Puts the service under load; see {@link loadTest}. */
  async loadTest(options: DeploymentLoadTestOptions = {}): Promise<LoadTestReport> {
    const { images = [await samplePicture()] } = options;
    return this.#reached("loadTest", ({ endpoint, key }) =>
      loadTest({ ...options, images, url: endpoint, ...(key !== undefined && { key }) }),
    );
  }

  /** What is known about it now; `undefined` when it does not exist. */
  async status(): Promise<DeploymentStatus | undefined> {
    this.#status = await this.#target.status(this.name);
    return this.#status;
  }

  /** Whether there is a deployment of this name, running or stopped. */
  async exists(): Promise<boolean> {
    return (await this.status()) !== undefined;
  }

  /**
   * Makes a new key without a failed request: clients go on with the one that they have, which becomes the
   * {@link secondaryKey} until the next rotation. The secondary before that is refused from now on; a key that leaked is out
   * after two rotations.
   *
   * @returns The new key.
   */
  async rotateKey(options: DeployOptions = {}): Promise<string> {
    await this.#service("rotateKey");
    this.#keys = await this.#target.rotateKey(this.name, options);
    return this.#keys.primary;
  }

  /**
   * Changes the number of replicas; those that are too many answer what they have before they end. In a cluster it is the least
   * number: its autoscaler may keep more of them for the load.
   *
   * @returns How many there should be now.
   */
  async scale(replicas: number, options: DeployOptions = {}): Promise<number> {
    checkReplicas("Deployment.scale", replicas);
    await this.#service("scale");
    this.#status = await this.#target.scale(this.name, replicas, options);
    return this.#status.replicas;
  }

  /**
   * Goes back to the version before, without a failed request.
   *
   * @returns The version that is served now.
   * @throws {@link SightbookError} when there is none before.
   */
  async rollback(options: DeployOptions = {}): Promise<string> {
    await this.#service("rollback");
    this.#status = await this.#target.rollback(this.name, options);
    return this.#status.version;
  }

  /** The end of its log: one JSON object a line, and whatever its processes said besides. */
  async logs(options: LogOptions = {}): Promise<string> {
    await this.#service("logs");
    return this.#target.logs(this.name, options);
  }

  /**
   * What it scored, oldest first, where `record` asked for that; what was answered within the last second may be missing.
   * `compareRecords` holds it against the training set.
   *
   * @param options.since - Only what was scored from then on.
   */
  async records(options: { readonly since?: Date } = {}): Promise<ScoreRecord[]> {
    await this.#service("records");
    return parseRecords(await this.#target.records(this.name), options);
  }

  /** Answers what was accepted, then removes all that deploying made. @returns Whether there was anything. */
  async delete(options: DeployOptions = {}): Promise<boolean> {
    this.#status = undefined;
    this.#keys = undefined;
    return this.#target.delete(this.name, options);
  }

  /**
   * A deployment that some session made.
   *
   * @throws {@link ArgumentError} when there is none of this name.
   */
  static async open(name: string, place: DeploymentPlace = {}): Promise<Deployment> {
    checkName("Deployment.open", name);
    const [found, other] = (await Deployment.list(place)).filter((status) => status.name === name);
    if (found === undefined) {
      throw new ArgumentError(
        "Deployment.open",
        "name",
        "that of a deployment",
        name,
        "Deployment.list() has them.",
      );
    }
    if (other !== undefined) {
      throw new ArgumentError(
        "Deployment.open",
        "target",
        `given, since there are several ${name}: ${whereIs(found)} and ${whereIs(other)}`,
        place.target,
      );
    }
    const kubernetes = { ...place.kubernetes, ...found.cluster };
    const deployment = new Deployment({ ...place, name, target: found.target, kubernetes });
    await deployment.#service("open");
    return deployment;
  }

  /**
   * All deployments of this user, running or stopped, whichever session made them. Those of a daemon or cluster that does not
   * answer within five seconds are `"unreachable"`, and `problem` says why.
   */
  static async list({ target, kubernetes }: DeploymentPlace = {}): Promise<DeploymentStatus[]> {
    const asked = target === undefined ? targetNames : [target];
    const found = await Promise.all(
      asked.map((one) => targetNamed("Deployment.list", one, kubernetes).list()),
    );
    return found.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Deletes the deployment of this name if there is one. @returns Whether there was. */
  static async deleteIfExists(
    name: string,
    { target = "local", kubernetes, ...options }: DeployOptions & DeploymentPlace = {},
  ): Promise<boolean> {
    return new Deployment({ name, target, ...(kubernetes && { kubernetes }) }).delete(options);
  }

  [display](): MimeBundle {
    const { name } = this;
    const status = this.#status;
    if (status === undefined) return factsTable(name, { state: "not deployed" });
    return factsTable(name, {
      state: `${status.state}, ${status.target}`,
      endpoint: status.endpoint,
      version: status.version,
      replicas: `${status.readyReplicas} of ${status.replicas} ready`,
      key: "deployment.key",
    });
  }

  #model(method: string): DeployableModel {
    const { model } = this.#options;
    if (model !== undefined) return model;
    throw new ArgumentError(
      `Deployment.${method}`,
      "model",
      "a trained classifier or the path of a bundle",
      model,
      "Give it to the constructor.",
    );
  }

  /** Asks where the deployment is, since another session may have made or moved it. */
  async #service(method: string): Promise<ScoringService> {
    const status = this.#status ?? (await this.#target.status(this.name));
    if (status === undefined) {
      throw new SightbookError(`Deployment.${method}: ${this.name} is not deployed. Call deploy() first.`);
    }
    this.#keys = await this.#target.keys(this.name);
    this.#status = status;
    return { endpoint: status.endpoint, key: this.#keys.primary };
  }

  /** Runs work with the service, at its endpoint or by the way there that its target knows. */
  async #reached<Result>(
    method: string,
    work: (service: ScoringService) => Promise<Result>,
  ): Promise<Result> {
    const service = await this.#service(method);
    const passage = await this.#target.passage?.(this.name);
    try {
      return await work({ ...service, ...(passage && { endpoint: passage.endpoint }) });
    } finally {
      await passage?.close();
    }
  }

  #known(property: string): DeploymentStatus {
    if (this.#status !== undefined && this.#keys !== undefined) return this.#status;
    throw new SightbookError(
      `Deployment.${property}: not known yet. Call deploy(), or get the deployment by Deployment.open("${this.name}").`,
    );
  }
}

function whereIs({ target, cluster }: DeploymentStatus): string {
  return cluster === undefined ? target : `${target}, namespace ${cluster.namespace} of ${cluster.context}`;
}
