import type { CoreV1Api, V1ContainerState, V1Pod } from "@kubernetes/client-node";
import { setHeaderOptions } from "@kubernetes/client-node";
import { setTimeout } from "node:timers/promises";

/** What becomes of a pod, by its image. */
export type Fate = "ready" | "ready-again" | "starting" | "image-missing" | "crashes" | Ended;

/** Its program has ended, and said something at last. */
export interface Ended {
  readonly exitCode: number;
  readonly said: string;
}

/**
 * A node that runs nothing and reports, as a kubelet would, that pods became what `fateOf` says: the control plane is real,
 * and so is what its controllers make of these reports.
 */
export class PretendNode {
  readonly #core: CoreV1Api;
  readonly #fateOf: (image: string, pod: V1Pod) => Fate;
  readonly #told = new Map<string, Fate>();
  #ended = false;
  #loop: Promise<void> | undefined;

  constructor(core: CoreV1Api, fateOf: (image: string, pod: V1Pod) => Fate) {
    this.#core = core;
    this.#fateOf = fateOf;
  }

  async start(): Promise<void> {
    await this.#core.createNode({ body: { metadata: { name: "pretend" } } });
    await this.#core.patchNodeStatus(
      {
        name: "pretend",
        body: {
          status: {
            capacity: { cpu: "64", memory: "256Gi", pods: "200" },
            allocatable: { cpu: "64", memory: "256Gi", pods: "200" },
            conditions: [
              { type: "Ready", status: "True", reason: "Pretended", lastHeartbeatTime: new Date() },
            ],
          },
        },
      },
      setHeaderOptions("Content-Type", "application/merge-patch+json"),
    );
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#ended) {
      const { items } = await this.#core.listPodForAllNamespaces({ fieldSelector: "spec.nodeName=pretend" });
      await Promise.all(items.map((pod) => this.#report(pod).catch(() => undefined)));
      // Node controllers take a node that is silent for 40 s for dead.
      await this.#core
        .patchNodeStatus(
          {
            name: "pretend",
            body: {
              status: { conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: new Date() }] },
            },
          },
          setHeaderOptions("Content-Type", "application/strategic-merge-patch+json"),
        )
        .catch(() => undefined);
      await setTimeout(200);
    }
  }

  async #report(pod: V1Pod): Promise<void> {
    const { metadata, spec, status } = pod;
    const { name = "", namespace = "", uid = "", deletionTimestamp } = metadata!;
    if (deletionTimestamp !== undefined) {
      await this.#core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 0 });
      return;
    }
    if (status?.phase === "Succeeded" || status?.phase === "Failed") return;
    const { name: container, image = "" } = spec!.containers[0]!;
    const fate = this.#fateOf(image, pod);
    if (this.#told.get(uid) === fate) return;
    const isReady = fate === "ready" || fate === "ready-again";
    const hasCrashed = fate === "ready-again" || fate === "crashes";
    const states: Record<Exclude<Fate, Ended>, V1ContainerState> = {
      ready: { running: { startedAt: new Date() } },
      "ready-again": { running: { startedAt: new Date() } },
      starting: { waiting: { reason: "ContainerCreating" } },
      "image-missing": {
        waiting: { reason: "ImagePullBackOff", message: `Back-off pulling image "${image}"` },
      },
      crashes: { waiting: { reason: "CrashLoopBackOff" } },
    };
    let phase = isReady ? "Running" : "Pending";
    let state: V1ContainerState;
    if (typeof fate === "object") {
      const { exitCode, said: message } = fate;
      phase = exitCode === 0 ? "Succeeded" : "Failed";
      state = { terminated: { exitCode, message, reason: "Ended", finishedAt: new Date() } };
    } else state = states[fate];
    const conditions = ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({
      type,
      status: isReady ? "True" : "False",
      lastTransitionTime: new Date(),
    }));
    await this.#core.patchNamespacedPodStatus(
      {
        name,
        namespace,
        body: {
          status: {
            phase,
            startTime: new Date(),
            conditions,
            containerStatuses: [
              {
                name: container,
                image,
                imageID: image,
                ready: isReady,
                started: isReady,
                restartCount: hasCrashed ? 2 : 0,
                state,
                ...(hasCrashed && {
                  lastState: { terminated: { exitCode: 1, reason: "Error", finishedAt: new Date() } },
                }),
              },
            ],
          },
        },
      },
      setHeaderOptions("Content-Type", "application/merge-patch+json"),
    );
    this.#told.set(uid, fate);
  }
}
