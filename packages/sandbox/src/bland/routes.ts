import { Hono } from "hono";
import type { SandboxDeps } from "../deps.ts";

/** A silent frame of MPEG-1 layer III at 128 kbit/s and 44.1 kHz. */
const FRAME = Buffer.concat([Buffer.from("fffb9000", "hex"), Buffer.alloc(413)]);

/** The recording of every call: one second of silence. */
const RECORDING = Buffer.alloc(38 * FRAME.length, FRAME);

const NOT_FOUND = { error: "CALL_RECORDING_NOT_FOUND", message: "Call recording not found" };
const UNAUTHORIZED = { error: "UNAUTHORIZED", message: "Invalid API key" };

/**
 * The routes of Bland's API. Each UUID is the id of a call with a recording. Each API key that begins with `sandbox` is valid.
 * https://docs.bland.ai/api-v1/get/calls-id-recording https://docs.bland.ai/api-v1/get/me
 */
export function blandRoutes({ requests }: Pick<SandboxDeps, "requests">): Hono {
  return new Hono()
    .use(async (c, next) => {
      const authenticated = c.req.header("authorization")?.startsWith("sandbox") ?? false;
      requests.record(c.req.method, c.req.url, authenticated);
      return authenticated ? next() : c.json({ data: null, errors: [UNAUTHORIZED] }, 401);
    })
    .get("/v1/me", (c) => {
      // An account without credits is played by the key `sandbox-inactive`.
      const status = c.req.header("authorization") === "sandbox-inactive" ? "inactive" : "active";
      return c.json({ status, billing: { current_balance: 100, refill_to: null }, total_calls: 0 });
    })
    .get("/v1/recordings/:id", (c) => {
      if (!/^[0-9a-f-]{36}$/.test(c.req.param("id"))) return c.json({ data: null, errors: [NOT_FOUND] }, 404);
      return c.body(RECORDING, 200, { "content-type": "audio/mpeg" });
    });
}
