import type { Now } from "@millrace/core";
import type { ActionLog } from "./actions.ts";
import type { FaultQueue } from "./faults.ts";
import type { Limits } from "./limits.ts";
import type { RequestLog } from "./requests.ts";
import type { SentLog } from "./sent.ts";

/** What the APIs of the sandbox share. */
export type SandboxParts = {
  now: Now;
  faults: FaultQueue;
  requests: RequestLog;
  limits: Limits;
  sent: SentLog;
  actions: ActionLog;
};
