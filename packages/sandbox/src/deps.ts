import type { Now } from "@millrace/core";
import type { FaultQueue } from "./faults/fault-queue.ts";
import type { ActionLog } from "./logs/action-log.ts";
import type { RequestLog } from "./logs/request-log.ts";
import type { SentLog } from "./logs/sent-log.ts";
import type { RateLimiter } from "./rate-limits/rate-limiter.ts";

/** The state that the routes of all providers share. */
export type SandboxDeps = {
  now: Now;
  faults: FaultQueue;
  requests: RequestLog;
  rateLimiter: RateLimiter;
  sent: SentLog;
  actions: ActionLog;
};
