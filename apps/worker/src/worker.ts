import type { EventHandler, Http, Logger, NewId, Now, Random } from "@millrace/core";
import { createDeadLetters, createHolds, createInbox, type Database, isOutage, sourceStore } from "@millrace/db";
import {
  type Consumer,
  type ConsumerTimings,
  createGate,
  type QueueBackend,
  queueCatalogue,
  startConsumer,
} from "@millrace/queue";
import { createProcessor } from "./processor.ts";

/** What a worker is made of. */
export type WorkerParts = {
  backend: QueueBackend;
  database: Database;
  /** By integration id. */
  handlers: ReadonlyMap<string, EventHandler>;
  /** Names of the queues to consume; undefined for all. */
  queues: readonly string[] | undefined;
  concurrency: number;
  http: Http;
  log: Logger;
  now: Now;
  newId: NewId;
  random: Random;
  timings?: Partial<ConsumerTimings>;
};

/**
 * Starts a consumer for each queue the worker was told to consume.
 * @throws Error naming a queue that does not exist
 */
export function startWorker(parts: WorkerParts): Consumer[] {
  const { backend, database, handlers, queues, log, now, newId, random } = parts;
  const catalogue = queueCatalogue([...handlers.keys()]);
  const unknown = queues?.find((name) => !catalogue.some((definition) => definition.name === name));
  if (unknown !== undefined)
    throw new Error(
      `WORKER_QUEUES: there is no queue ${unknown}; there are ${catalogue.map(({ name }) => name).join(", ")}`,
    );

  const inbox = createInbox(database, newId);
  const deadLetters = createDeadLetters(database, newId);
  const sources = sourceStore(database.orm);
  const gate = createGate(createHolds(database), now, random, parts.timings?.trialMs);
  return catalogue
    .filter((definition) => queues === undefined || queues.includes(definition.name))
    .flatMap((definition) => {
      const handler = handlers.get(definition.source);
      if (!handler) return [];
      const processor = createProcessor({ handler, inbox, isOutage, http: parts.http, log, now, newId, sources });
      return [
        startConsumer({
          backend,
          definition,
          processor,
          gate,
          deadLetters,
          log,
          now,
          random,
          concurrency: parts.concurrency,
          ...(parts.timings ? { timings: parts.timings } : {}),
        }),
      ];
    });
}
