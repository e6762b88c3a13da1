import {
  type CapabilityName,
  inboundEventSchema,
  QUEUE_ROLES,
  queuePolicy,
  type QueuePolicy,
  type QueueRole,
  type RetryPolicy,
  rolesOf,
} from "@millrace/core";

/** One queue: its jobs' data and how they are processed. */
export type QueueDefinition = QueuePolicy & {
  name: string;
  /** Id of the integration. */
  integration: string;
  role: QueueRole;
  /** Schema of the job data, which has a version in its field `v`. */
  schema: typeof inboundEventSchema;
  /** How long a failed job stays in the queue after its dead letter is written, in ms. */
  keepFailedMs: number;
};

/** Returns the definition of one queue. */
export function queueDefinition(integration: string, role: QueueRole): QueueDefinition {
  return {
    name: `${integration}-${role}`,
    integration,
    role,
    schema: inboundEventSchema,
    keepFailedMs: 14 * 24 * 3_600_000,
    ...queuePolicy(role),
  };
}

/** Returns the definition of the queue with this name; undefined if the name does not end with a role. */
export function queueDefinitionNamed(name: string): QueueDefinition | undefined {
  const role = QUEUE_ROLES.find((candidate) => name.endsWith(`-${candidate}`));
  return role === undefined ? undefined : queueDefinition(name.slice(0, -role.length - 1), role);
}

/** What names the queues of an integration. A capability that is undefined has none. */
type QueueOwner = { id: string; capabilities?: { readonly [Name in CapabilityName]?: unknown } | undefined };

/** Returns the definitions of all queues of the integrations. */
export function queueCatalogue(integrations: readonly QueueOwner[]): QueueDefinition[] {
  return integrations.flatMap(({ id, capabilities }) => rolesOf(capabilities).map((role) => queueDefinition(id, role)));
}

/** Returns the delay in ms after `attemptsMade` attempts, with full jitter by `random` in [0, 1). */
export function backoffMs({ baseMs, capMs }: RetryPolicy, attemptsMade: number, random: number): number {
  return Math.round(random * Math.min(capMs, baseMs * 2 ** (attemptsMade - 1)));
}
