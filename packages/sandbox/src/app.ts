import { Hono } from "hono";
import type { Now } from "@millrace/core";
import { createActionLog } from "./logs/action-log.ts";
import { alertRoutes } from "./alerts/routes.ts";
import { controlRoutes } from "./control/routes.ts";
import { createDataManager } from "./google/routes.ts";
import type { Deliver } from "./webhooks/deliver.ts";
import { createFaultQueue } from "./faults/fault-queue.ts";
import { graphRoutes } from "./meta-graph/routes.ts";
import { createStatusTeller, UNTOLD } from "./meta-graph/messages/statuses.ts";
import { createLimits } from "./rate-limits/rate-limiter.ts";
import { createN8n } from "./n8n/routes.ts";
import { createRequestLog } from "./logs/request-log.ts";
import { s3Routes } from "./s3/routes.ts";
import { createSentLog } from "./logs/sent-log.ts";
import { telegramRoutes } from "./telegram/routes.ts";

/** What the sandbox is made of. */
export type SandboxOptions = {
  now: Now;
  /** Takes the webhooks to Millrace; without it there are none. */
  deliver?: Deliver | undefined;
  /** Signs WhatsApp's statuses; without it there are none. */
  whatsappAppSecret?: string | undefined;
  /** Signs the AI's answers; without it there are none. */
  n8nSecret?: string | undefined;
  /** How long the AI thinks, in ms; 0 where it is not said. */
  thinkMs?: number | undefined;
  /** How long Google processes conversions, in ms; half an hour where it is not said. */
  processingMs?: number | undefined;
  /** Whether the providers' limits are kept; so it is where it is not said. */
  limits?: boolean | undefined;
};

/** How long Google says to wait: https://developers.google.com/data-manager/api/devguides/diagnostics */
const PROCESSING_MS = 30 * 60_000;

/**
 * Builds the sandbox: the providers' APIs as Millrace calls them, one prefix each (`/graph`, `/telegram`, `/n8n`, `/s3`,
 * `/datamanager`), the same answer to the same request every time, and a webhook for alerts (`/alerts`). `/_faults` orders
 * what is to go wrong, `/_requests` shows what was asked, `/_sent`, `/chats` and `/_conversions` what was sent.
 */
export function createSandboxApp(options: SandboxOptions): Hono {
  const { now, deliver, whatsappAppSecret, n8nSecret, thinkMs = 0, limits = true } = options;
  const { processingMs = PROCESSING_MS } = options;
  const parts = {
    now,
    faults: createFaultQueue(),
    requests: createRequestLog(now),
    limits: createLimits(now, limits),
    sent: createSentLog(now),
    actions: createActionLog(now),
  };
  const statuses = deliver && whatsappAppSecret ? createStatusTeller(now, deliver, whatsappAppSecret) : UNTOLD;
  const n8n = createN8n(parts, deliver && n8nSecret ? { deliver, secret: n8nSecret, delayMs: thinkMs } : undefined);
  const dataManager = createDataManager(parts, processingMs);
  return new Hono()
    .get("/livez", (c) => c.json({ status: "alive" }))
    .route("/", controlRoutes(parts, statuses, n8n, dataManager.processing))
    .route("/graph", graphRoutes(parts, statuses))
    .route("/telegram", telegramRoutes(parts))
    .route("/n8n", n8n.routes)
    .route("/s3", s3Routes(parts))
    .route("/datamanager", dataManager.routes)
    .route("/alerts", alertRoutes(parts));
}
