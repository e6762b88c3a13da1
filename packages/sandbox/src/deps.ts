import type { Now } from "@millrace/core";
import type { ActionLog } from "./logs/action-log.ts";
import type { FaultQueue } from "./faults/fault-queue.ts";
import type { Limits } from "./rate-limits/rate-limiter.ts";
import type { RequestLog } from "./logs/request-log.ts";
import type { SentLog } from "./logs/sent-log.ts";

/** What the APIs of the sandbox share. */
export type SandboxParts = {
  now: Now;
  faults: FaultQueue;
  requests: RequestLog;
  limits: Limits;
  sent: SentLog;
  actions: ActionLog;
};
