import type { OpenAPIHono } from "@hono/zod-openapi";
import type { DashboardEnv } from "../../http/hono-env.ts";
import { editRoutes } from "./edit.ts";
import { openApiApp } from "./openapi.ts";
import { readRoutes } from "./read.ts";
import { replayRoutes } from "./replays.ts";
import { bulkChangeRoutes } from "./bulk-changes.ts";
import type { DeadLetterApiDeps } from "./deps.ts";

/** The API of dead letters and replays for scripts. `/api/dead-letters/openapi.json` describes it. */
export function deadLetterApi(deps: DeadLetterApiDeps): OpenAPIHono<DashboardEnv> {
  const api = openApiApp();
  api.openAPIRegistry.registerComponent("securitySchemes", "operator", { type: "http", scheme: "basic" });
  api.doc31("/api/dead-letters/openapi.json", {
    openapi: "3.1.1",
    info: {
      title: "Millrace dead letters",
      version: "1",
      description: "Jobs that failed for good, and the replays that run them again.",
    },
  });
  // The routes with a fixed last segment come first: Hono responds with the first route that matches.
  api.route("/", bulkChangeRoutes(deps));
  api.route("/", replayRoutes(deps));
  api.route("/", readRoutes(deps));
  api.route("/", editRoutes(deps));
  return api;
}
