import { Hono } from "hono";
import type { Now } from "@millrace/core";
import { controlRoutes } from "./control.ts";
import { createFaultQueue } from "./faults.ts";
import { graphRoutes } from "./graph/routes.ts";
import { createRequestLog } from "./requests.ts";

/** What the sandbox is made of. */
export type SandboxOptions = { now: Now };

/**
 * Builds the sandbox: the providers' APIs as Millrace calls them, one prefix each (`/graph`), the same answer to the
 * same request every time. `/_faults` orders what is to go wrong, `/_requests` shows what was asked.
 */
export function createSandboxApp({ now }: SandboxOptions): Hono {
  const faults = createFaultQueue();
  const requests = createRequestLog(now);
  return new Hono()
    .get("/livez", (c) => c.json({ status: "alive" }))
    .route("/", controlRoutes(faults, requests))
    .route("/graph", graphRoutes(faults, requests));
}
