import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { DashboardEnv } from "../../http/hono-env.ts";
import type { DeadLetterApiDeps } from "./deps.ts";
import { commonErrors, jsonBody, jsonResponse, openApiApp, security } from "./openapi.ts";
import { replayOf } from "./responses.ts";
import * as schemas from "./schemas.ts";

const replay = createRoute({
  method: "post",
  path: "/api/dead-letters/replay",
  summary: "Replay dead letters",
  description:
    "Workers requeue one job first, then ten, then the rest at the rate. Live jobs run before replayed jobs. The replay " +
    "stops when more than 20% of its last 100 jobs failed again. It skips dead letters that another replay contains.",
  security,
  request: jsonBody(schemas.replayRequest),
  responses: {
    202: jsonResponse(
      z.object({ replay: schemas.replay.nullable() }),
      "The replay; null when the selection contains no dead letter to replay",
    ),
    200: jsonResponse(schemas.dryRun, "Dry run: the dead letters that a replay would contain"),
    ...commonErrors,
  },
});

const discard = createRoute({
  method: "post",
  path: "/api/dead-letters/discard",
  summary: "Discard dead letters",
  security,
  request: jsonBody(schemas.discardRequest),
  responses: {
    200: jsonResponse(
      z.union([z.object({ discarded: z.int() }), schemas.dryRun]),
      "The number of discarded dead letters, or the dry run",
    ),
    ...commonErrors,
  },
});

/** Replays or discards the dead letters of a selection. */
export function bulkChangeRoutes({ deadLetters, replays }: DeadLetterApiDeps): OpenAPIHono<DashboardEnv> {
  return openApiApp()
    .openapi(replay, async (c) => {
      const { selection, rate, reason, dryRun } = c.req.valid("json");
      if (dryRun) return c.json({ dryRun: true as const, ...(await deadLetters.preview(selection)) }, 200);
      const started = await replays.start(selection, rate, { actor: c.get("operator"), reason });
      return c.json({ replay: started ? replayOf(started) : null }, 202);
    })
    .openapi(discard, async (c) => {
      const { selection, reason, dryRun } = c.req.valid("json");
      if (dryRun) return c.json({ dryRun: true as const, ...(await deadLetters.preview(selection)) }, 200);
      return c.json({ discarded: await replays.discard(selection, { actor: c.get("operator"), reason }) }, 200);
    });
}
