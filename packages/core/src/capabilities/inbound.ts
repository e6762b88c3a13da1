import { DEFAULT_POLICY, type QueuePolicies } from "./queue-policy.ts";

/** Every integration receives events: `inbound` has those of its webhooks, and those of its API but for sends. */
export const INBOUND_QUEUES = { inbound: DEFAULT_POLICY } satisfies QueuePolicies;
