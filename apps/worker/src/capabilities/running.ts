import type { ExhaustedJob } from "@millrace/core";
import { accountStore, createBatchedInbox, type InboxSettings, isOutage, type TurnOwner } from "@millrace/db";
import type { EventProcessor, QueueDefinition } from "@millrace/queue";
import type { FollowUpQueue } from "../follow-ups.ts";
import type { Loop } from "../loops/loop.ts";
import type { EnabledIntegration, WorkerDeps } from "../worker-deps.ts";
import type { EnabledAdapter, WorkerAdapters, WorkerCapability, WorkerCapabilityName } from "./capability.ts";
import { workerCapabilities } from "./index.ts";

/** The capabilities of all integrations, as one worker runs them. */
export type RunningCapabilities = {
  /** The processor of a queue's jobs. */
  processorOf(definition: QueueDefinition): EventProcessor | undefined;
  startLoops(): Loop[];
  /** The AI that is asked, if one is switched on. */
  assistant: TurnOwner | undefined;
  /** Does what follows from a new dead letter: enqueues the follow-up jobs of its event if that is done all the same. */
  onDeadLettered(definition: QueueDefinition, job: ExhaustedJob): Promise<void>;
};

const names = Object.keys(workerCapabilities) as WorkerCapabilityName[];

/** Runs the capabilities of the integrations over the stores that they share. */
export function runCapabilities(deps: WorkerDeps, followUps: FollowUpQueue): RunningCapabilities {
  const { integrations, stores, ports, timings } = deps;
  const { database, media } = stores;
  const settings = inboxSettings(deps);
  const inbox = createBatchedInbox(database, ports.newId, settings, (error) =>
    ports.log.info({ err: error }, "inbox.batch_failed"),
  );
  const fetchPorts = { ...ports, media, accounts: accountStore(database.orm) };
  const channels = enabledWith("send", integrations).length;
  const shared = { stores, ports, fetchPorts, inbox, followUps, channels, isOutage, timings };

  const running = names.flatMap((name) =>
    enabledWith(name, integrations).map((enabled) => ({
      integration: enabled.integration,
      ...capabilityOf(name).run(enabled, shared),
    })),
  );
  const ownerOf = ({ integration, role }: QueueDefinition) =>
    running.find((capability) => capability.integration === integration && role in capability.processors);

  return {
    processorOf: (definition) => ownerOf(definition)?.processors[definition.role],
    assistant: settings.assistant && {
      integration: settings.assistant.integration,
      answerTimeoutMs: settings.assistant.timings.answerTimeoutMs,
    },
    startLoops: () => running.flatMap(({ startLoop }) => startLoop?.() ?? []),
    async onDeadLettered(definition, job) {
      // The worker of the last attempt can die after the event's commit and before it enqueues the follow-up jobs.
      await followUps.enqueue(job, await inbox.followUpsOf({ integration: job.integration, id: job.eventId }));
      await ownerOf(definition)?.onDeadLettered?.(job);
    },
  };
}

/** What the capabilities of the integrations add to the events' transactions. */
export function inboxSettings({ integrations, ports, formats }: WorkerDeps): InboxSettings {
  const subscribers = integrations.flatMap(({ id, subscriptions }) =>
    subscriptions ? [{ integration: id, subscriptions }] : [],
  );
  const none: InboxSettings = { now: ports.now, media: new Set(), formats, subscribers };
  return names.reduce(
    (settings, name) => ({ ...settings, ...capabilityOf(name).inboxSettings?.(enabledWith(name, integrations)) }),
    none,
  );
}

/** Returns the capability with its own type, so that it can only get the adapters of {@link enabledWith} its name. */
function capabilityOf<Name extends WorkerCapabilityName>(name: Name): WorkerCapability<Name> {
  return workerCapabilities[name];
}

/** The adapters of the integrations that have a capability, in the order of the registry. */
function enabledWith<Name extends WorkerCapabilityName>(
  name: Name,
  integrations: readonly EnabledIntegration[],
): EnabledAdapter<Name>[] {
  return integrations.flatMap(({ id, handler, capabilities }) => {
    const adapters: { readonly [Each in WorkerCapabilityName]?: WorkerAdapters[Each] | undefined } = {
      inbound: handler,
      ...capabilities,
    };
    const adapter: WorkerAdapters[Name] | undefined = adapters[name];
    return adapter === undefined ? [] : [{ integration: id, adapter }];
  });
}
