import type { JobsOptions } from "bullmq";
import type { QueueDefinition } from "../catalogue.ts";

/** BullMQ's options for the jobs of a queue. An ordered queue retries in place, so BullMQ makes one attempt. */
export function jobOptions({ retry, inOrder }: QueueDefinition): Pick<JobsOptions, "attempts" | "backoff"> {
  return { attempts: inOrder ? 1 : retry.attempts, backoff: { type: "jittered" } };
}
