import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { createServer, type Server } from "node:http";

import type { ModelHost } from "./model-host.js";
import type { PooledScores } from "./scoring-job.js";

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a server counts and measures, in Prometheus's terms. */
export class ServingMetrics {
  readonly registry = new Registry();
  readonly #requests: Counter<"route" | "status">;
  readonly #duration: Histogram<"route">;
  readonly #queue: Histogram;
  readonly #decode: Histogram;
  readonly #inference: Histogram;
  readonly #batch: Histogram;
  readonly #crashes: Counter;
  readonly #switches: Counter;

  constructor() {
    const registers = [this.registry];
    const seconds = (name: string, help: string): Histogram =>
      new Histogram({ name, help, buckets: secondsBuckets, registers });
    this.#requests = new Counter({
      name: "sightbook_requests_total",
      help: "Requests by route and status.",
      labelNames: ["route", "status"],
      registers,
    });
    this.#duration = new Histogram({
      name: "sightbook_request_seconds",
      help: "Time from a request's arrival until its answer was sent.",
      labelNames: ["route"],
      buckets: secondsBuckets,
      registers,
    });
    this.#queue = seconds("sightbook_queue_seconds", "Time an image waited for a process.");
    this.#decode = seconds("sightbook_decode_seconds", "Time to decode an image.");
    this.#inference = seconds("sightbook_inference_seconds", "Time of the run that an image was part of.");
    this.#batch = new Histogram({
      name: "sightbook_batch_images",
      help: "Images in the run that an image was part of.",
      buckets: [1, 2, 4, 8, 16, 32],
      registers,
    });
    this.#crashes = new Counter({
      name: "sightbook_inference_crashes_total",
      help: "Inference processes that died or could not be started.",
      registers,
    });
    this.#switches = new Counter({
      name: "sightbook_model_switches_total",
      help: "Times that another version took over.",
      registers,
    });
  }

  /** Adds memory, processor time, event loop and so on of this process. */
  observeProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Reads the state of a host whenever metrics are asked for. */
  observe(host: ModelHost): void {
    const registers = [this.registry];
    const gauge = (name: string, help: string, value: () => number): Gauge =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    gauge("sightbook_waiting_images", "Images that wait for a process.", () => host.active.pool.waiting);
    gauge(
      "sightbook_running_images",
      "Images that are being decoded or scored.",
      () => host.active.pool.running,
    );
    gauge("sightbook_inference_processes", "Live inference processes.", () => host.active.pool.pids.length);
    new Gauge({
      name: "sightbook_model_info",
      help: "1 for the version that is served.",
      labelNames: ["version"],
      registers,
      collect() {
        this.reset();
        this.set({ version: host.active.version }, 1);
      },
    });
  }

  request(route: string, status: number, seconds: number): void {
    this.#requests.inc({ route, status });
    this.#duration.observe({ route }, seconds);
  }

  scored({ queueMs, decodeMs, inferenceMs, batchSize }: PooledScores): void {
    this.#queue.observe(queueMs / 1000);
    this.#decode.observe(decodeMs / 1000);
    this.#inference.observe(inferenceMs / 1000);
    this.#batch.observe(batchSize);
  }

  crash(): void {
    this.#crashes.inc();
  }

  switched(): void {
    this.#switches.inc();
  }
}

/** Serves `GET /metrics` on a port of its own. */
export function createMetricsServer({ registry }: ServingMetrics): Server {
  return createServer((request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { "content-type": registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
}
