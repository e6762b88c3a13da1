import type {
  FetchPorts,
  Adapters,
  CapabilityName,
  EventHandler,
  ExhaustedJob,
  QueueRole,
  RoleOf,
} from "@millrace/core";
import type { InboxSettings, Inbox } from "@millrace/db";
import type { EventProcessor } from "@millrace/queue";
import type { FollowUpQueue } from "../follow-ups.ts";
import type { Loop } from "../loops/loop.ts";
import type { WorkerPorts, WorkerStores } from "../worker-deps.ts";
import type { CapabilityTimings } from "./timings.ts";

/** What the worker calls, by capability. Every integration has `inbound`, the handler of its events. */
export type WorkerAdapters = Adapters & { inbound: EventHandler };

/** See {@link WorkerAdapters}. */
export type WorkerCapabilityName = CapabilityName | "inbound";

/** What the capabilities of a worker share. */
export type CapabilityDeps = {
  stores: WorkerStores;
  ports: WorkerPorts;
  /** The ports of fetches. */
  fetchPorts: Omit<FetchPorts, "signal">;
  inbox: Inbox;
  followUps: FollowUpQueue;
  /** How many channels send. They share the connections of the takeover lock. */
  channels: number;
  isOutage(error: unknown): boolean;
  timings: Partial<CapabilityTimings> | undefined;
};

/** A capability of one integration, as a worker runs it. */
export type RunningCapability<Role extends QueueRole> = {
  /** Processes the jobs of each of the capability's queues. */
  processors: Readonly<Record<Role, EventProcessor>>;
  /** Starts what the capability does besides its jobs. */
  startLoop?(): Loop;
  /** Does what follows from a new dead letter of one of the capability's jobs. */
  onDeadLettered?(job: ExhaustedJob): Promise<void>;
};

/** An adapter and the id of its integration. */
export type EnabledAdapter<Name extends WorkerCapabilityName> = { integration: string; adapter: WorkerAdapters[Name] };

/** How the worker runs a capability. Its queues, with their retry policies, are in packages/core/src/capabilities. */
export type WorkerCapability<Name extends WorkerCapabilityName> = {
  /** Runs the capability for one integration. */
  run(enabled: EnabledAdapter<Name>, deps: CapabilityDeps): RunningCapability<RoleOf<Name>>;
  /** Which follow-up jobs events get because integrations have the capability. */
  inboxSettings?(enabled: readonly EnabledAdapter<Name>[]): Partial<InboxSettings>;
};
