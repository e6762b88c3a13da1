import type { Assistant, ExhaustedJob, MediaSource, Outbound } from "@millrace/core";
import {
  accountStore,
  createAiTurns,
  createConversionBatches,
  createInbox,
  createRateLimits,
  createSendStates,
  createTakeoverLock,
  isOutage,
  storedMedia,
} from "@millrace/db";
import type { EventProcessor, QueueDefinition } from "@millrace/queue";
import type { FollowUpQueue } from "../follow-ups.ts";
import type { EnabledIntegration, WorkerDeps } from "../worker-deps.ts";
import { createAiTurnProcessor } from "./ai-turns.ts";
import { createEventProcessor } from "./event.ts";
import { createMediaProcessor } from "./media.ts";
import { createOutboundProcessor } from "./outbound/index.ts";
import { promoteNext } from "./outbound/promote-next.ts";
import { createUploadProcessor } from "./uploads.ts";

/** A worker's processors. */
export type Processors = {
  /** The processor of a queue's jobs; undefined when no enabled integration has the queue's capability. */
  processorOf(definition: QueueDefinition): EventProcessor | undefined;
  /** Enqueues the follow-up jobs of an exhausted job if its event is done all the same, and promotes the next message. */
  onDeadLettered(job: ExhaustedJob): Promise<void>;
};

/** Creates the processors of a worker over the stores that they share. */
export function createProcessors(deps: WorkerDeps, followUps: FollowUpQueue): Processors {
  const { integrations, ports } = deps;
  const { database, lockDatabase, media } = deps.stores;
  const ai = integrations.find(({ assistant }) => assistant);
  const inbox = createInbox(database, ports.newId, {
    now: ports.now,
    assistant: ai?.assistant && { integration: ai.id, timings: ai.assistant.timings },
    media: new Set(integrations.filter((integration) => integration.media).map(({ id }) => id)),
    formats: deps.formats,
    subscribers: integrations.map(({ id, subscriptions = {} }) => ({ integration: id, subscriptions })),
  });
  const outbox = createSendStates(database);
  const shared = { inbox, followUps, isOutage };
  const eventPorts = { ...ports, media, accounts: accountStore(database.orm) };

  const outbound = (adapter: Outbound) =>
    createOutboundProcessor({
      ...shared,
      adapter,
      outbox,
      takeoverLock: createTakeoverLock(lockDatabase),
      limits: createRateLimits(database),
      ports: { ...ports, media },
    });
  const incomingMedia = (source: MediaSource) =>
    createMediaProcessor({ ...shared, source, store: media, storedMedia: storedMedia(database), ports });
  const uploads = (uploader: NonNullable<EnabledIntegration["uploads"]>) =>
    createUploadProcessor({
      ...shared,
      uploads: uploader,
      batches: createConversionBatches(database, ports.newId),
      limits: createRateLimits(database),
      ports,
    });
  const aiTurns = (assistant: Assistant) =>
    createAiTurnProcessor({
      ...shared,
      assistant,
      turns: createAiTurns(database, assistant.timings, ports.now),
      ports,
    });

  function create({ role }: QueueDefinition, integration: EnabledIntegration): EventProcessor | undefined {
    switch (role) {
      case "inbound":
        return createEventProcessor({ ...shared, handler: integration.handler, ports: eventPorts });
      case "requests":
        return (
          integration.requests && createEventProcessor({ ...shared, handler: integration.requests, ports: eventPorts })
        );
      case "outbound":
        return integration.outbound && outbound(integration.outbound);
      case "media":
        return integration.media && incomingMedia(integration.media);
      case "uploads":
        return integration.uploads && uploads(integration.uploads);
      case "ai-turns":
        return integration.assistant && aiTurns(integration.assistant);
    }
  }

  return {
    processorOf(definition) {
      const integration = integrations.find(({ id }) => id === definition.integration);
      return integration && create(definition, integration);
    },
    async onDeadLettered({ kind, payload, ...job }) {
      // The worker of the last attempt can die after the event's commit and before it enqueues the follow-up jobs.
      await followUps.enqueue(job, await inbox.followUpsOf({ integration: job.integration, id: job.eventId }));
      if (kind !== "send" || typeof payload !== "object" || payload === null || !("messageId" in payload)) return;
      const state = await outbox.find(String(payload.messageId));
      if (state) await promoteNext({ outbox, followUps }, job.correlationId, state);
    },
  };
}
