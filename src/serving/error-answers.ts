import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";

import { ScoringError, type ScoringErrorCode } from "./errors.js";

/** Every error becomes one JSON object with a short name and one sentence; nothing of the inside is told. */
export function answerErrors(
  app: FastifyInstance,
  log: Logger,
  body: (error: ScoringError) => object = ({ code, message }) => ({ error: { code, message } }),
): void {
  const answer = (error: ScoringError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    // The rest of a body that is not wanted must not be waited for.
    if (!request.raw.complete) void reply.header("connection", "close");
    if (error.retryAfterSeconds !== undefined) void reply.header("retry-after", error.retryAfterSeconds);
    return reply.code(error.status).send(body(error));
  };
  app.setErrorHandler<FastifyError | ScoringError>((error, request, reply) => {
    const told = asScoringError(error);
    if (told.code === "internal") log.error({ stack: error.stack }, "a request failed");
    return answer(told, request, reply);
  });
  app.setNotFoundHandler((request, reply) =>
    answer(
      new ScoringError(404, "not_found", "There is no such route; /openapi.json lists them."),
      request,
      reply,
    ),
  );
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
