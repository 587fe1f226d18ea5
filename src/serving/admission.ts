import type { FastifyInstance } from "fastify";

import { overloaded, type ServingContext } from "./scoring.js";

/**
 * Refuses a request before its body is read when its images would find no room, or when the bodies that are being
 * received would take too much memory together.
 */
export function admitBodies(app: FastifyInstance, { settings, host }: ServingContext): void {
  let bytes = 0;
  app.addHook("onRequest", async (request, reply) => {
    if (request.method !== "POST") return;
    const stated = Number(request.headers["content-length"] ?? settings.bodyLimit);
    const own = Math.min(stated, settings.bodyLimit);
    if (host.active.pool.room <= 0 || bytes + own > settings.maxBodyBytes) throw overloaded();
    bytes += own;
    reply.raw.once("close", () => {
      bytes -= own;
    });
  });
}
