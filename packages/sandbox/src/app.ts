import { Hono } from "hono";
import type { Now } from "@millrace/core";
import { alertRoutes } from "./alerts/routes.ts";
import { blandRoutes } from "./bland/routes.ts";
import { controlRoutes } from "./control/routes.ts";
import { elevenLabsRoutes } from "./elevenlabs/routes.ts";
import { createFaultQueue } from "./faults/fault-queue.ts";
import { createDataManager } from "./google/routes.ts";
import { createActionLog } from "./logs/action-log.ts";
import { createRequestLog } from "./logs/request-log.ts";
import { createSentLog } from "./logs/sent-log.ts";
import { createStatusNotifier, NO_STATUSES } from "./meta-graph/messages/statuses.ts";
import { graphRoutes } from "./meta-graph/routes.ts";
import { createN8n } from "./n8n/routes.ts";
import { createRateLimiter } from "./rate-limits/rate-limiter.ts";
import { s3Routes } from "./s3/routes.ts";
import { telegramRoutes } from "./telegram/routes.ts";
import { twilioRoutes } from "./twilio-voice/routes.ts";
import type { Deliver } from "./webhooks/deliver.ts";

/** Options of {@link createSandboxApp}. */
export type SandboxOptions = {
  now: Now;
  /** Posts webhooks to Millrace. Without it the sandbox sends no webhooks. */
  deliver?: Deliver | undefined;
  /** App secret that signs WhatsApp's statuses. Without it the sandbox sends no statuses. */
  whatsappAppSecret?: string | undefined;
  /** Secret that signs the AI's answers. Without it the AI does not answer. */
  n8nSecret?: string | undefined;
  /** Time until the AI answers, in ms. Default: 0. */
  thinkMs?: number | undefined;
  /** Time that Google needs to process a request, in ms. Default: 30 minutes. */
  processingMs?: number | undefined;
  /** Whether the sandbox enforces the providers' rate limits. Default: true. */
  limits?: boolean | undefined;
};

/** The interval that Google recommends: https://developers.google.com/data-manager/api/devguides/diagnostics */
const PROCESSING_MS = 30 * 60_000;

/**
 * Creates the sandbox, which plays the APIs that Millrace calls. Each API has a path prefix, e.g. `/graph`. The same
 * request always gets the same response. `/alerts` is a webhook for alerts. {@link controlRoutes} describes the routes for
 * tests: `/_faults` adds faults, and the others list requests, messages and conversions.
 */
export function createSandboxApp(options: SandboxOptions): Hono {
  const { now, deliver, whatsappAppSecret, n8nSecret, thinkMs = 0, limits = true } = options;
  const { processingMs = PROCESSING_MS } = options;
  const deps = {
    now,
    faults: createFaultQueue(),
    requests: createRequestLog(now),
    rateLimiter: createRateLimiter(now, limits),
    sent: createSentLog(now),
    actions: createActionLog(now),
  };
  const statuses = deliver && whatsappAppSecret ? createStatusNotifier(now, deliver, whatsappAppSecret) : NO_STATUSES;
  const n8n = createN8n(deps, deliver && n8nSecret ? { deliver, secret: n8nSecret, delayMs: thinkMs } : undefined);
  const dataManager = createDataManager(deps, processingMs);
  return new Hono()
    .get("/livez", (c) => c.json({ status: "alive" }))
    .route("/", controlRoutes(deps, { statuses, n8n, processing: dataManager.processing }))
    .route("/graph", graphRoutes(deps, statuses))
    .route("/telegram", telegramRoutes(deps))
    .route("/n8n", n8n.routes)
    .route("/s3", s3Routes(deps))
    .route("/datamanager", dataManager.routes)
    .route("/twilio-voice", twilioRoutes(deps))
    .route("/elevenlabs", elevenLabsRoutes(deps))
    .route("/bland", blandRoutes(deps))
    .route("/alerts", alertRoutes(deps));
}
