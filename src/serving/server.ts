import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

import type { FastifyInstance, FastifyListenOptions } from "fastify";
import type { Logger } from "pino";

import { EnvironmentError, FileError } from "../errors.js";
import { errorCode } from "../files.js";
import { ScoreRecorder } from "../monitoring/recorder.js";
import { createApp } from "./app.js";
import { removeDeadSocket } from "./dead-socket.js";
import { openControl, type ServerControl, type ServerStatus } from "./control.js";
import { checkNewKeys, readKeysFile } from "./keys.js";
import { openLog } from "./log.js";
import { createMetricsServer, ServingMetrics } from "./metrics.js";
import { ModelHost } from "./model-host.js";
import { settingsOf, type ScoringServerOptions, type ServingSettings } from "./options.js";
import { isReady } from "./routes/health.js";
import type { ServingContext, ServingState } from "./scoring.js";

/** A running scoring server. What {@link ServerControl} can do from outside, it does itself. */
export interface ScoringServer extends ServerControl {
  /** Such as `"http://127.0.0.1:5001"`, or `"unix:/run/scoring.sock"`. */
  readonly url: string;
  /** Where the metrics are; `undefined` when none are served. */
  readonly metricsUrl: string | undefined;
  readonly name: string;
  /** Version of the model that is served now. */
  readonly version: string;
  /** Reads the bundle's path and the file of the keys again, and serves what lies there now. */
  reload(): Promise<ServerStatus>;
  /**
   * Accepts these keys from now on, and no others.
   *
   * @param keyDigests - As {@link ScoringServerOptions.keyDigests}; none where the server was started without any.
   * @throws {@link ArgumentError} when they are no digests, or would open or close a server that was started otherwise.
   */
  changeKeys(keyDigests: readonly string[]): void;
  /**
   * Keeps this of what is scored from now on; `undefined`: nothing. Without a failed request.
   *
   * @throws {@link FileError} when the folder cannot be made.
   */
  changeRecording(record: ScoringServerOptions["record"]): Promise<ServerStatus>;
  /** Takes no more requests, answers those that were accepted and ends the inference processes. */
  close(): Promise<void>;
  /** When it has closed: whether all that was accepted was answered within `drainTimeoutMs`. */
  readonly closed: Promise<boolean>;
}

/**
 * Serves a bundle over HTTP, decoding and scoring in processes of its own.
 *
 * @throws {@link ArgumentError} when an option is out of range; {@link FileError} when the bundle cannot be read;
 *   {@link EnvironmentError} when an address cannot be listened on.
 */
export async function startScoringServer(options: ScoringServerOptions): Promise<ScoringServer> {
  const { keysFile } = options;
  const keyDigests = keysFile === undefined ? options.keyDigests : await readKeysFile(keysFile);
  if (keysFile !== undefined && keyDigests?.length === 0) {
    throw new FileError(keysFile, "holds no digest of a key", "sightbook key makes a key and its digest.");
  }
  const settings = settingsOf({ ...options, ...(keyDigests && { keyDigests }) });
  const log = openLog(settings);
  const metrics = new ServingMetrics();
  const host = await ModelHost.open(
    { bundle: settings.bundle, version: settings.modelVersion },
    {
      ...settings,
      measuresImages: settings.record !== undefined,
      onCrash: (reason) => {
        metrics.crash();
        log.error(reason);
      },
      onSwitch: ({ version, bundle }) => {
        metrics.switched();
        log.info({ version, bundle }, "another version is served");
      },
    },
  );
  metrics.observe(host);
  const state: ServingState = { isDraining: false, keyDigests: settings.keyDigests, recorder: undefined };
  const context: ServingContext = { settings, host, metrics, log, state };
  let app: FastifyInstance | undefined;
  const others: Server[] = [];
  try {
    state.recorder = openRecorder(settings.record, log);
    app = await createApp(context);
    return await openServer(context, app, await listenForRequests(app, settings), others);
  } catch (error) {
    host.kill();
    for (const server of others) server.close();
    await app?.close();
    await state.recorder?.close();
    throw error;
  }
}

function openRecorder(record: ScoringServerOptions["record"], log: Logger): ScoreRecorder | undefined {
  if (record === undefined) return undefined;
  const onProblem = (message: string): void => {
    log.error(message);
  };
  return new ScoreRecorder({ ...record, onProblem });
}

/** Opens the scoring port. @returns Its URL, or the path of its Unix socket as `unix:<path>`. */
async function listenForRequests(
  app: FastifyInstance,
  { host, port, socket, listenFd }: ServingSettings,
): Promise<string> {
  if (socket !== undefined) {
    await removeDeadSocket("socket", socket);
    await app.listen({ path: socket });
    return `unix:${socket}`;
  }
  return listen(app.server, host, port, (where) => {
    // Fastify hands all options on to Node, but its types do not know this one.
    const inherited: FastifyListenOptions & { fd?: number } = { ...where };
    if (listenFd !== undefined) inherited.fd = listenFd;
    return app.listen(inherited);
  });
}

/**
 * The other sockets of a server whose scoring port is open, and what can be done with it.
 *
 * @param others - Gets the servers of those sockets.
 */
async function openServer(
  context: ServingContext,
  app: FastifyInstance,
  url: string,
  others: Server[],
): Promise<ScoringServer> {
  const { settings, host, metrics, log, state } = context;
  const startedAt = performance.now();
  let metricsUrl: string | undefined;
  if (settings.metricsPort !== undefined) {
    metrics.observeProcess();
    const server = createMetricsServer(metrics);
    metricsUrl = `${await listen(server, settings.metricsHost, settings.metricsPort)}/metrics`;
    others.push(server);
  }

  const status = (): ServerStatus => {
    const { version, bundle, pool } = host.active;
    return {
      pid: process.pid,
      url,
      ...(metricsUrl !== undefined && { metricsUrl }),
      name: settings.name,
      version,
      bundle,
      ...(host.previousBundle !== undefined && { previousBundle: host.previousBundle }),
      isReady: isReady(context),
      isDraining: state.isDraining,
      inferencePids: pool.pids,
      workers: pool.size,
      waiting: pool.waiting,
      running: pool.running,
      uptimeSeconds: Math.round(performance.now() - startedAt) / 1000,
    };
  };
  const changed = async (change: Promise<unknown>): Promise<ServerStatus> => {
    try {
      await change;
    } catch (error) {
      log.error(error instanceof Error ? error.message : String(error));
      throw error;
    }
    return status();
  };
  const changeKeys = (keyDigests: readonly string[]): void => {
    checkNewKeys("changeKeys", keyDigests, state.keyDigests);
    state.keyDigests = keyDigests;
    log.info("other keys are accepted");
  };
  const reload = async (): Promise<void> => {
    if (settings.keysFile !== undefined) changeKeys(await readKeysFile(settings.keysFile));
    await host.reload();
  };
  const changeRecording = async (record: ScoringServerOptions["record"]): Promise<void> => {
    const old = state.recorder;
    const next = openRecorder(record, log);
    try {
      await host.measure(record !== undefined);
    } catch (error) {
      await next?.close();
      throw error;
    }
    state.recorder = next;
    await old?.close();
  };

  let closing: Promise<boolean> | undefined;
  let resolveClosed: (clean: boolean) => void;
  const closed = new Promise<boolean>((resolve) => {
    resolveClosed = resolve;
  });
  const close = async (): Promise<void> => {
    closing ??= drain(context, app);
    const clean = await closing;
    for (const server of others) {
      server.close();
      server.closeAllConnections();
    }
    resolveClosed(clean);
  };

  const control: ServerControl = {
    status: () => Promise.resolve(status()),
    switchTo: (bundle, version) => changed(host.switchTo(bundle, version)),
    rollback: () => changed(host.rollback()),
    scale: (workers) => changed(host.scale(workers)),
    drain: () => {
      void close();
      return Promise.resolve(status());
    },
  };
  if (settings.control !== undefined) others.push(await openControl(settings.control, control));
  log.info({ url, version: host.active.version }, "ready");
  return {
    ...control,
    url,
    metricsUrl,
    name: settings.name,
    get version() {
      return host.active.version;
    },
    reload: () => changed(reload()),
    changeKeys,
    changeRecording: (record) => changed(changeRecording(record)),
    close,
    closed,
  };
}

/**
 * Answers all that was accepted and ends the processes.
 *
 * @returns Whether that was done within the time for it; what was not answered then is cut off.
 */
async function drain({ settings, host, state, log }: ServingContext, app: FastifyInstance): Promise<boolean> {
  state.isDraining = true;
  log.info("draining");
  await delay(settings.drainDelayMs);
  // Connections whose last answer went out before that stay open until they are found idle.
  const sweep = setInterval(() => {
    app.server.closeIdleConnections();
  }, 50);
  const answered = app.close().then(() => host.drain());
  const late = new AbortController();
  const clean = await Promise.race([
    answered.then(() => true),
    delay(settings.drainTimeoutMs, false, { signal: late.signal }).catch(() => false),
  ]);
  late.abort();
  if (!clean) {
    host.kill();
    app.server.closeAllConnections();
    await answered;
  }
  clearInterval(sweep);
  await state.recorder?.close();
  log.info({ clean }, "closed");
  return clean;
}

/** Listens and gives the URL. @throws {@link EnvironmentError} that says what is in the way. */
async function listen(
  server: Server,
  host: string,
  port: number,
  open: (where: { host: string; port: number }) => Promise<unknown> = (where) =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(where, resolve);
    }),
): Promise<string> {
  try {
    await open({ host, port });
  } catch (error) {
    const reason =
      errorCode(error) === "EADDRINUSE" ? "another program listens there" : (error as Error).message;
    throw new EnvironmentError(`${host}:${port} cannot be listened on: ${reason}. Choose another port.`, {
      cause: error,
    });
  }
  const { address, port: actual, family } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${actual}`;
}
