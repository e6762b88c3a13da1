import type { ExhaustedJob } from "@millrace/core";
import {
  createDeadLetterFollowUps,
  createDeadLetters,
  createFollowUpBacklog,
  createLeases,
  createPausedJobs,
  createPauses,
  createReplayScheduler,
  createUnfinishedMessages,
} from "@millrace/db";
import {
  type Consumer,
  createFlowControl,
  createJobPromoter,
  createReplayer,
  queueCatalogue,
  type QueueDefinition,
  startConsumer,
} from "@millrace/queue";
import { inboxSettings, runCapabilities, type RunningCapabilities } from "./capabilities/running.ts";
import { createDeadLetterFollowUp } from "./dead-letter-follow-up.ts";
import { createFollowUpQueue } from "./follow-ups.ts";
import { startPausedJobs } from "./loops/paused-jobs.ts";
import { startReconciler } from "./loops/reconciler.ts";
import { startReplays } from "./loops/replays.ts";
import type { WorkerDeps } from "./worker-deps.ts";

/**
 * Starts a consumer for each queue that this worker consumes, the replays, and the loops of the capabilities. They stop
 * together.
 * @throws Error when WORKER_QUEUES names a queue that does not exist
 */
export function startWorker(deps: WorkerDeps): Consumer {
  const { stores, ports, integrations, timings } = deps;
  const catalogue = queueCatalogue(integrations);
  const definitions = consumedQueues(catalogue, deps.consumption.queues).map((definition) => ({
    ...definition,
    expiresAfterMs: deps.consumption.expiresAfterMs[definition.role] ?? definition.expiresAfterMs,
  }));
  const followUps = createFollowUpQueue(stores.backend, ports.now);
  const capabilities = runCapabilities(deps, followUps);
  const deadLetters = createDeadLetterFollowUps(stores.database);
  const followUpDeadLetter = createDeadLetterFollowUp({
    followUps: deadLetters,
    capabilities,
    catalogue,
    log: ports.log,
  });
  const consumers = startConsumers(deps, definitions, capabilities, followUpDeadLetter);
  const replays = startReplays({
    scheduler: createReplayScheduler(stores.database),
    replayer: createReplayer(stores.backend, catalogue, ports.now),
    ports,
    timings,
  });
  const pausedJobs = startPausedJobs({
    pausedJobs: createPausedJobs(stores.database),
    promoter: createJobPromoter(stores.backend),
    log: ports.log,
    timings,
  });
  const reconciler = startReconciler({
    ...reconcilerStores(deps),
    deadLetters,
    followUpDeadLetter,
    followUps,
    assistant: capabilities.assistant,
    ports,
    timings,
  });
  const loops = [replays, pausedJobs, reconciler, ...capabilities.startLoops()];
  return {
    async stop(deadlineMs) {
      await Promise.all([
        ...consumers.map((consumer) => consumer.stop(deadlineMs)),
        ...loops.map((loop) => loop.stop()),
      ]);
      await followUps.close();
    },
  };
}

function reconcilerStores({ stores: { database } }: WorkerDeps) {
  return {
    database,
    leases: createLeases(database),
    messages: createUnfinishedMessages(database),
    backlog: createFollowUpBacklog(database),
  };
}

/**
 * Returns the queues that a worker with WORKER_QUEUES consumes.
 * @throws Error when WORKER_QUEUES names a queue that does not exist
 */
export function consumedQueues(catalogue: QueueDefinition[], queues: readonly string[] | undefined): QueueDefinition[] {
  if (queues === undefined) return catalogue;
  const names = catalogue.map(({ name }) => name);
  const unknown = queues.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Error(`WORKER_QUEUES: queue ${unknown} does not exist; the queues are ${names.join(", ")}`);
  return catalogue.filter(({ name }) => queues.includes(name));
}

function startConsumers(
  deps: WorkerDeps,
  definitions: readonly QueueDefinition[],
  capabilities: RunningCapabilities,
  followUpDeadLetter: (job: ExhaustedJob) => Promise<boolean>,
): Consumer[] {
  const { backend, database } = deps.stores;
  const { log, now, newId, random } = deps.ports;
  const deadLetters = createDeadLetters(database, newId, inboxSettings(deps));
  const flowControl = createFlowControl({
    pauses: createPauses(database, newId),
    pausedJobs: createPausedJobs(database),
    now,
    random,
    ...(deps.timings?.probes ? { probes: deps.timings.probes } : {}),
  });
  const leases = createLeases(database);
  const workerId = newId();
  return definitions.flatMap((definition) => {
    const processor = capabilities.processorOf(definition);
    if (!processor) return [];
    const consumer = startConsumer({
      backend,
      definition,
      processor: deps.outages?.watch(definition.name, processor) ?? processor,
      flowControl,
      deadLetters: {
        ...deadLetters,
        async record(job) {
          const isNew = await deadLetters.record({ ...job, account: accountOf(deps, definition, job) });
          if (isNew) await followUpDeadLetter(job);
          return isNew;
        },
      },
      leases,
      workerId,
      log,
      now,
      random,
      concurrency: deps.consumption.concurrency,
      ...(deps.timings ? { timings: deps.timings } : {}),
    });
    return [consumer];
  });
}

/** The account that a dead letter shows: only an inbound payload names one in its integration's own form. */
function accountOf({ integrations }: WorkerDeps, { integration, role }: QueueDefinition, job: ExhaustedJob) {
  if (role !== "inbound") return undefined;
  const { kind, payload } = job;
  return integrations.find(({ id }) => id === integration)?.accountOf?.({ kind, payload });
}
