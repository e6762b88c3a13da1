import { Hono } from "hono";
import { z } from "zod";
import type { SandboxDeps } from "../deps.ts";
import { noResponse, serverErrorPage } from "../faults/broken-responses.ts";

/** Slack's format: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
const slackMessage = z.strictObject({ text: z.string().min(1) });

/** Millrace's own format: docs/alerts.md. */
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

/** The webhook keeps at least this many alerts. It bounds the memory of a sandbox that runs for days. */
const MIN_KEPT = 1_000;

const FAULTS = ["http_400", "http_500", "timeout"];

/** Whether the webhook for alerts has this fault. */
export function isAlertFault(fault: string): boolean {
  return FAULTS.includes(fault);
}

/** A webhook that accepts alerts in Slack's format and in Millrace's. `GET` lists the alerts, `DELETE` clears the list. */
export function alertRoutes({ now, faults, requests }: SandboxDeps): Hono {
  let received: { at: string; body: unknown }[] = [];
  return new Hono()
    .post("/", async (c) => {
      requests.record(c.req.method, c.req.url, true);
      const fault = faults.take({ api: "alerts" }, isAlertFault);
      if (fault === "timeout") return noResponse(c.req.raw.signal);
      if (fault === "http_500") return serverErrorPage();
      const parsed = z.union([slackMessage, alert]).safeParse(await c.req.json().catch(() => undefined));
      if (fault === "http_400" || !parsed.success) return c.text("invalid_payload", 400);
      received.push({ at: now().toISOString(), body: parsed.data });
      if (received.length >= 2 * MIN_KEPT) received = received.slice(-MIN_KEPT);
      return c.text("ok");
    })
    .get("/", (c) => c.json(received))
    .delete("/", (c) => {
      received = [];
      return c.body(null, 204);
    });
}
