import type { FastifyInstance } from "fastify";

import type { ServingContext } from "../scoring.js";

const answer = {
  type: "object",
  required: ["status"],
  properties: { status: { type: "string" } },
} as const;

/** Whether the server can score: it is not draining and has a live inference process. */
export function isReady({ host, state }: ServingContext): boolean {
  return !state.isDraining && host.active.pool.pids.length > 0;
}

/** `GET /healthz` and `GET /readyz`, for probes; neither asks for a key. */
export function healthRoutes(app: FastifyInstance, context: ServingContext): void {
  const open = { config: { isOpen: true } };
  app.get(
    "/healthz",
    {
      ...open,
      schema: { tags: ["health"], summary: "Whether the process serves", response: { 200: answer } },
    },
    () => ({ status: "ok" }),
  );
  app.get(
    "/readyz",
    {
      ...open,
      schema: { tags: ["health"], summary: "Whether it can score", response: { 200: answer, 503: answer } },
    },
    async (_request, reply) => {
      if (isReady(context)) return { status: "ready" };
      return reply.code(503).send({ status: context.state.isDraining ? "draining" : "no inference process" });
    },
  );
}
