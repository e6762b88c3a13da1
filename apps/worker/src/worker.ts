import type {
  Assistant,
  ConversionUploads,
  Download,
  EventHandler,
  ExhaustedJob,
  Http,
  Integration,
  Logger,
  MediaSource,
  NewId,
  Now,
  Outbound,
  OutgoingFormat,
  Random,
} from "@millrace/core";
import {
  createConversionBatches,
  createDeadLetters,
  createPauses,
  createReplayScheduler,
  type Database,
} from "@millrace/db";
import type { OpenMediaStore } from "@millrace/media";
import {
  type Consumer,
  type ConsumerTimings,
  createFlowControl,
  createReplayer,
  type QueueBackend,
  queueCatalogue,
  type QueueDefinition,
  startConsumer,
} from "@millrace/queue";
import { type BatchTimings, startBatcher } from "./loops/upload-batcher.ts";
import { createFollowUpQueue } from "./follow-ups.ts";
import { createProcessors } from "./processors/index.ts";
import { type ReplayTimings, startReplays } from "./loops/replays.ts";

/** An integration at work: what it does with the jobs of each of its queues. */
export type EnabledIntegration = {
  id: string;
  accountOf?: Integration["accountOf"];
  handler: EventHandler;
  requests?: EventHandler | undefined;
  outbound?: Outbound | undefined;
  media?: MediaSource | undefined;
  assistant?: Assistant | undefined;
  uploads?: ConversionUploads | undefined;
};

/** What a worker is made of. */
export type WorkerParts = {
  backend: QueueBackend;
  database: Database;
  /** For the fence around AI answers, which takes a connection for as long as a send takes. */
  lockDatabase: Database;
  integrations: readonly EnabledIntegration[];
  formats: readonly OutgoingFormat[];
  /** Names of the queues to consume; undefined for all. */
  queues: readonly string[] | undefined;
  concurrency: number;
  http: Http;
  download: Download;
  media: OpenMediaStore;
  log: Logger;
  now: Now;
  newId: NewId;
  random: Random;
  timings?: Partial<ConsumerTimings & ReplayTimings & BatchTimings>;
};

/**
 * Starts a consumer for each queue the worker was told to consume; they stop together.
 * @throws Error naming a queue that does not exist
 */
export function startWorker(parts: WorkerParts): Consumer {
  const { backend, database, integrations, queues, log, now, random } = parts;
  const catalogue = queueCatalogue(integrations);
  const unknown = queues?.find((name) => !catalogue.some((definition) => definition.name === name));
  if (unknown !== undefined)
    throw new Error(
      `WORKER_QUEUES: there is no queue ${unknown}; there are ${catalogue.map(({ name }) => name).join(", ")}`,
    );

  const followUps = createFollowUpQueue(backend, now);
  const { processorOf, afterDeath } = createProcessors(parts, followUps);
  const deadLetters = createDeadLetters(database, parts.newId);
  const gate = createFlowControl(createPauses(database), now, random, parts.timings?.probeMs);
  const accountOf = ({ integration, role }: QueueDefinition, { kind, payload }: ExhaustedJob) =>
    role === "inbound" ? integrations.find(({ id }) => id === integration)?.accountOf?.({ kind, payload }) : undefined;
  const consumers = catalogue
    .filter((definition) => queues === undefined || queues.includes(definition.name))
    .flatMap((definition) => {
      const processor = processorOf(definition);
      if (!processor) return [];
      return [
        startConsumer({
          backend,
          definition,
          processor,
          gate,
          deadLetters: {
            async record(job) {
              const isNew = await deadLetters.record({ ...job, account: accountOf(definition, job) });
              if (isNew) await afterDeath(job);
              return isNew;
            },
          },
          log,
          now,
          random,
          concurrency: parts.concurrency,
          ...(parts.timings ? { timings: parts.timings } : {}),
        }),
      ];
    });
  const replays = startReplays({
    lane: createReplayScheduler(database),
    replayer: createReplayer(backend, catalogue),
    log,
    now,
    timings: parts.timings,
  });
  const batchers = integrations.flatMap(({ id, uploads }) =>
    uploads
      ? [
          startBatcher({
            integration: id,
            maxBatch: uploads.maxBatch,
            batches: createConversionBatches(database, parts.newId),
            followUps,
            log,
            now,
            newId: parts.newId,
            timings: parts.timings,
          }),
        ]
      : [],
  );
  return {
    async stop(deadlineMs) {
      const others = [replays, ...batchers].map((one) => one.stop());
      await Promise.all([...consumers.map((consumer) => consumer.stop(deadlineMs)), ...others]);
      await followUps.close();
    },
  };
}
