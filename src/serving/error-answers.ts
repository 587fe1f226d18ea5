import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";

import { ScoringError, type ScoringErrorCode } from "./errors.js";

type ErrorBody = (error: ScoringError) => object;

const plainBody: ErrorBody = ({ code, message }) => ({ error: { code, message } });

/** Every error becomes one JSON object with one sentence; nothing of the inside is told, but to the log. */
export function answerErrors(app: FastifyInstance, log: Logger, body: ErrorBody = plainBody): void {
  app.setErrorHandler<FastifyError | ScoringError>((error, request, reply) => {
    const told = asScoringError(error);
    if (told.code === "internal") log.error({ stack: error.stack }, "a request failed");
    return answer(told, request, reply, body);
  });
}

export function answerUnknownRoutes(app: FastifyInstance): void {
  const unknown = new ScoringError(404, "not_found", "There is no such route; /openapi.json lists them.");
  app.setNotFoundHandler((request, reply) => answer(unknown, request, reply, plainBody));
}

function answer(
  error: ScoringError,
  request: FastifyRequest,
  reply: FastifyReply,
  body: ErrorBody,
): FastifyReply {
  // The rest of a body that is not wanted must not be waited for.
  if (!request.raw.complete) void reply.header("connection", "close");
  if (error.retryAfterSeconds !== undefined) void reply.header("retry-after", error.retryAfterSeconds);
  return reply.code(error.status).send(body(error));
}

const codeOfStatus: Readonly<Record<number, ScoringErrorCode>> = {
  400: "bad_request",
  404: "not_found",
  408: "deadline_exceeded",
  413: "too_large",
  415: "unsupported_media_type",
};

function asScoringError(error: FastifyError | ScoringError): ScoringError {
  if (error instanceof ScoringError) return error;
  const { statusCode = 500, message } = error;
  const code = codeOfStatus[statusCode];
  if (code !== undefined) return new ScoringError(statusCode, code, `${message.replace(/\.$/u, "")}.`);
  return new ScoringError(500, "internal", "The server failed; its log says why.");
}
