import multipart from "@fastify/multipart";
import fastify, { type FastifyInstance } from "fastify";

import { admitBodies } from "./admission.js";
import { answerErrors, answerUnknownRoutes } from "./error-answers.js";
import { ScoringError } from "./errors.js";
import { parseJsonBody } from "./json-body.js";
import { isAuthorized } from "./keys.js";
import { describeRoutes } from "./openapi.js";
import { healthRoutes } from "./routes/health.js";
import { openInferenceRoutes } from "./routes/open-inference.js";
import { originalRoutes } from "./routes/original.js";
import { predictRoute } from "./routes/predict.js";
import type { ServingContext } from "./scoring.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answers without a key. */
    readonly isOpen?: boolean;
    /** Most values in a JSON body now, for a route whose bodies hold many. */
    readonly maxValues?: () => number;
  }
}

/** Longest time for the header of a request. */
const headersTimeoutMs = 10_000;

/** The scoring port's application: what is refused before a body is read, how bodies are read, and the routes. */
export async function createApp(context: ServingContext): Promise<FastifyInstance> {
  const { settings } = context;
  const app = fastify({
    // Requests are logged by the server itself, which knows what is secret.
    logger: false,
    bodyLimit: settings.bodyLimit,
    requestTimeout: settings.requestTimeoutMs,
    // A request that was accepted is answered, however late it came.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    http: {
      headersTimeout: Math.min(headersTimeoutMs, settings.requestTimeoutMs),
      connectionsCheckingInterval: 1000,
    },
    routerOptions: { maxParamLength: 100 },
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, strictTypes: false },
    },
  });
  app.server.maxConnections = settings.maxConnections;
  answerErrors(app, context.log);
  answerUnknownRoutes(app);
  noteRequests(app, context);
  refuseEarly(app, context);
  admitBodies(app, context);
  readBodies(app, context);
  await app.register(multipart);
  await describeRoutes(app, settings);
  healthRoutes(app, context);
  originalRoutes(app, context);
  predictRoute(app, context);
  await app.register((scope) => {
    openInferenceRoutes(scope, context);
    return Promise.resolve();
  });
  return app;
}

function noteRequests(app: FastifyInstance, { metrics, log, state }: ServingContext): void {
  app.addHook("onSend", async (_request, reply) => {
    // A client that is told so opens its next connection elsewhere.
    if (state.isDraining) void reply.header("connection", "close");
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    const ms = Math.round(reply.elapsedTime * 100) / 100;
    metrics.request(route, reply.statusCode, ms / 1000);
    // Probes come several times a second, and would hide all else.
    const level = request.routeOptions.config.isOpen === true ? "debug" : "info";
    log[level]({ method: request.method, route, status: reply.statusCode, ms }, "request");
  });
}

/** What needs no body to be refused, so that none is read. */
function refuseEarly(app: FastifyInstance, { state }: ServingContext): void {
  app.addHook("onRequest", async (request, reply) => {
    const { isOpen = false } = request.routeOptions.config;
    if (state.keyDigests.length > 0 && !isOpen) {
      if (!isAuthorized(request.headers.authorization, state.keyDigests)) {
        void reply.header("www-authenticate", "Bearer");
        throw new ScoringError(401, "unauthorized", "The request must carry a key of this service.");
      }
    }
    const encoding = request.headers["content-encoding"] ?? "identity";
    if (encoding !== "identity") {
      throw new ScoringError(415, "unsupported_media_type", "The body must not be compressed.");
    }
  });
}

function readBodies(app: FastifyInstance, { settings }: ServingContext): void {
  const mostValues = (): number => 32 * settings.maxImages + 64;
  app.removeAllContentTypeParsers();
  const asBytes = { parseAs: "buffer" } as const;
  app.addContentTypeParser<Buffer>("application/json", asBytes, (request, body, done) => {
    const { maxValues = mostValues } = request.routeOptions.config;
    try {
      done(null, parseJsonBody(body, { maxDepth: 8, maxValues: maxValues() }));
    } catch (error) {
      done(error as ScoringError);
    }
  });
  for (const type of [/^image\//u, "application/octet-stream"]) {
    app.addContentTypeParser<Buffer>(type, asBytes, (_request, body, done) => {
      done(null, body);
    });
  }
}
