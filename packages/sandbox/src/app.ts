import { Hono } from "hono";

/** Builds the sandbox: the providers' APIs as Millrace calls them, on localhost. */
export function createSandboxApp(): Hono {
  return new Hono().get("/livez", (c) => c.json({ status: "alive" }));
}
