import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";

import { sightbookVersion } from "../version.js";
import type { ServingSettings } from "./options.js";

/** Makes `/openapi.json` of the schemas of the routes that are added after this. */
export async function describeRoutes(app: FastifyInstance, settings: ServingSettings): Promise<void> {
  const isOpen = settings.keyDigests.length === 0;
  await app.register(swagger, {
    transform: ({ schema, url, route }) => ({
      url,
      schema: route.config?.isOpen === true ? { ...schema, security: [] } : schema,
    }),
    openapi: {
      openapi: "3.1.0",
      info: {
        title: `Sightbook: ${settings.name}`,
        description: "Image classification: send an image, get label names and scores.",
        version: sightbookVersion(),
      },
      ...(!isOpen && {
        components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
        security: [{ key: [] }],
      }),
    },
  });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
}
