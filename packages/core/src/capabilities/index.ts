import { type Environment, readAll } from "../runtime/environment.ts";
import { AI_QUEUES, type Assistant } from "./ai.ts";
import type { CapabilityReader } from "./capability-reader.ts";
import { CONVERSION_QUEUES, type ConversionUploads } from "./conversions.ts";
import { INBOUND_QUEUES } from "./inbound.ts";
import { MEDIA_QUEUES, type MediaSource } from "./media.ts";
import type { QueuePolicies, QueuePolicy } from "./queue-policy.ts";
import { SEND_QUEUES, type SendCapability } from "./send.ts";

/**
 * What an integration can do besides receiving events. A new capability is a file beside this one, a line here and one in
 * the list of queues below, and a folder of the worker.
 */
export type Capabilities = {
  /** Sends messages on a channel. */
  send?: SendCapability;
  /** Fetches the files in received messages. */
  media?: CapabilityReader<MediaSource>;
  /** The AI that answers first. */
  ai?: CapabilityReader<Assistant>;
  /** Uploads conversions to the platform. */
  conversions?: CapabilityReader<ConversionUploads>;
};

/** See {@link Capabilities}. */
export type CapabilityName = keyof Capabilities;

const queues = {
  inbound: INBOUND_QUEUES,
  send: SEND_QUEUES,
  media: MEDIA_QUEUES,
  ai: AI_QUEUES,
  conversions: CONVERSION_QUEUES,
} satisfies Record<CapabilityName | "inbound", QueuePolicies>;

type Roles = { [Name in keyof typeof queues]: keyof (typeof queues)[Name] };

/** The roles of a capability's queues; `inbound` is what every integration has. */
export type RoleOf<Name extends CapabilityName | "inbound"> = Roles[Name];

/** The purpose of an integration's queue, and the part of its name after the integration. */
export type QueueRole = Roles[keyof Roles];

const policies = Object.assign({}, ...Object.values(queues)) as Readonly<Record<QueueRole, QueuePolicy>>;

/** See {@link QueueRole}. */
export const QUEUE_ROLES = Object.keys(policies) as readonly QueueRole[];

/**
 * Returns how the jobs of the queues with a role are processed.
 * @throws Error for a role that only another version knows; a stored job can name one
 */
export function queuePolicy(role: QueueRole): QueuePolicy {
  const policy: QueuePolicy | undefined = policies[role];
  if (!policy) throw new Error(`no queue has the role ${role}`);
  return policy;
}

/** Returns the roles of the queues that an integration with these capabilities has. */
export function rolesOf(capabilities: { readonly [Name in CapabilityName]?: unknown } = {}): QueueRole[] {
  return Object.entries(queues).flatMap(([name, byRole]) =>
    name === "inbound" || capabilities[name as CapabilityName] !== undefined
      ? (Object.keys(byRole) as QueueRole[])
      : [],
  );
}

/** What the worker calls, by the capability that it belongs to. */
export type Adapters = {
  [Name in CapabilityName]: Required<Capabilities>[Name] extends CapabilityReader<infer Adapter> ? Adapter : never;
};

/** The capabilities of an integration that are switched on. */
export type EnabledCapabilities = { readonly [Name in CapabilityName]?: Adapters[Name] | undefined };

/**
 * Reads the capabilities that are switched on.
 * @throws EnvironmentError with the problems of all
 */
export function readCapabilities(capabilities: Capabilities = {}, environment: Environment): EnabledCapabilities {
  return readAll(
    Object.fromEntries(Object.entries(capabilities).map(([name, { read }]) => [name, () => read(environment)])),
  );
}
