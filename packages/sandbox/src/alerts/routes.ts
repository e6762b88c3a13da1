import { Hono } from "hono";
import { z } from "zod";
import { noAnswer, serverDown } from "../faults/broken-responses.ts";
import type { SandboxParts } from "../deps.ts";

/** Slack's format: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
const slackMessage = z.strictObject({ text: z.string().min(1) });

/** Millrace's own: docs/operate.md. */
const alert = z.strictObject({
  v: z.literal(1),
  id: z.string(),
  rule: z.string(),
  subject: z.string(),
  summary: z.string(),
  state: z.enum(["opened", "closed"]),
  openedAt: z.iso.datetime(),
  closedAt: z.iso.datetime().nullable(),
  url: z.url().optional(),
});

/** How many are remembered at least: a sandbox that runs for days must not grow. */
const MEMORY = 1_000;

/** How the webhook can fail. */
const FAULTS = ["http_400", "http_500", "timeout"];

/** Whether the webhook for alerts can fail so. */
export function isAlertFault(fault: string): boolean {
  return FAULTS.includes(fault);
}

/** A webhook that takes alerts as Slack does, or as JSON: `GET` lists what came, `DELETE` forgets it. */
export function alertRoutes({ now, faults, requests }: SandboxParts): Hono {
  let taken: { at: string; body: unknown }[] = [];
  return new Hono()
    .post("/", async (c) => {
      requests.record(c.req.method, c.req.url, true);
      const fault = faults.take({ api: "alerts" }, isAlertFault);
      if (fault === "timeout") return noAnswer(c.req.raw.signal);
      if (fault === "http_500") return serverDown();
      const parsed = z.union([slackMessage, alert]).safeParse(await c.req.json().catch(() => undefined));
      if (fault === "http_400" || !parsed.success) return c.text("invalid_payload", 400);
      taken.push({ at: now().toISOString(), body: parsed.data });
      if (taken.length >= 2 * MEMORY) taken = taken.slice(-MEMORY);
      return c.text("ok");
    })
    .get("/", (c) => c.json(taken))
    .delete("/", (c) => {
      taken = [];
      return c.body(null, 204);
    });
}
