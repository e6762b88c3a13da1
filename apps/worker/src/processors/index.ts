import type { ExhaustedJob, AiTurnTimings } from "@millrace/core";
import {
  createConversionBatches,
  createTakeoverLock,
  createInbox,
  createSendStates,
  createRateLimits,
  createAiTurns,
  isOutage,
  accountStore,
  storedMedia,
} from "@millrace/db";
import type { EventProcessor, QueueDefinition } from "@millrace/queue";
import { createConversionProcessor } from "./uploads.ts";
import type { FollowUpQueue } from "../follow-ups.ts";
import { createMediaProcessor } from "./media.ts";
import { createOutboundProcessor, wakeNext } from "./outbound/index.ts";
import { createProcessor } from "./event.ts";
import { createTurnProcessor } from "./assistant.ts";
import type { EnabledIntegration, WorkerParts } from "../worker.ts";

/** What is done with the jobs of each queue. */
export type Processors = {
  /** Undefined for a queue that nobody here works for. */
  processorOf(definition: QueueDefinition): EventProcessor | undefined;
  /** A job was given up: what follows from it, if it was done all the same, is done, and those that waited for it go on. */
  afterDeath(job: ExhaustedJob): Promise<void>;
};

/** The processors of a worker, over the stores they share. */
export function createProcessors(parts: WorkerParts, followUps: FollowUpQueue): Processors {
  const { database, integrations, http, download, media, log, now, newId } = parts;
  const asked = integrations.find(({ assistant }) => assistant);
  const inbox = createInbox(database, newId, {
    now,
    assistant: asked?.assistant && { integration: asked.id, timings: asked.assistant.timings },
    media: new Set(integrations.filter((integration) => integration.media).map(({ id }) => id)),
  });
  const outbox = createSendStates(database);
  const shared = { inbox, followUps, isOutage };
  const ports = { http, log, now, newId, media, accounts: accountStore(database.orm), formats: parts.formats };

  function create({ role }: QueueDefinition, integration: EnabledIntegration): EventProcessor | undefined {
    switch (role) {
      case "inbound":
        return createProcessor({ ...shared, handler: integration.handler, ports });
      case "requests":
        return integration.requests && createProcessor({ ...shared, handler: integration.requests, ports });
      case "outbound":
        return (
          integration.outbound &&
          createOutboundProcessor({
            ...shared,
            adapter: integration.outbound,
            outbox,
            fence: createTakeoverLock(parts.lockDatabase),
            limits: createRateLimits(database),
            ports: { http, download, media, log, now },
          })
        );
      case "media":
        return (
          integration.media &&
          createMediaProcessor({
            integration: integration.media,
            store: media,
            inbox,
            storedMedia: storedMedia(database),
            isOutage,
            http,
            download,
            log,
            now,
          })
        );
      case "uploads":
        return (
          integration.uploads &&
          createConversionProcessor({
            ...shared,
            uploads: integration.uploads,
            batches: createConversionBatches(database, newId),
            limits: createRateLimits(database),
            ports: { http, log, now },
          })
        );
      case "ai-turns":
        return integration.assistant && turnProcessor(integration.assistant);
    }
  }

  function turnProcessor(assistant: NonNullable<EnabledIntegration["assistant"]>): EventProcessor {
    const timings: AiTurnTimings = assistant.timings;
    return createTurnProcessor({
      assistant,
      inbox,
      turns: createAiTurns(database, timings, now),
      isOutage,
      ports: { http, log, now, newId },
    });
  }

  return {
    processorOf(definition) {
      const integration = integrations.find(({ id }) => id === definition.integration);
      return integration && create(definition, integration);
    },
    async afterDeath({ kind, payload, ...job }) {
      // Its worker died between the commit and what follows from it.
      await followUps.enqueue(job, await inbox.followUpsOf({ integration: job.integration, id: job.eventId }));
      if (kind !== "send" || typeof payload !== "object" || payload === null || !("messageId" in payload)) return;
      const state = await outbox.find(String(payload.messageId));
      if (state) await wakeNext({ outbox, followUps }, { correlationId: job.correlationId }, state);
    },
  };
}
