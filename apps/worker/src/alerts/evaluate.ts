import { type AlertConfig, type Http, type Logger, type NewId, type Now, withDeadline } from "@millrace/core";
import {
  type Alert,
  createAlerts,
  createDeadLetterRates,
  createLeases,
  createPauseOperations,
  createUnfinishedMessages,
  type Database,
} from "@millrace/db";
import type { QueueState, QueueWatch } from "@millrace/queue";
import type { DatabaseOutages } from "./database-outages.ts";
import { createNotifier } from "./notifier.ts";
import { evaluateRules } from "./rules.ts";
import { takeSnapshot } from "./snapshot.ts";
import { createUnfinishedReader, type SendScopes } from "./unfinished-messages.ts";

/** How often a worker evaluates the alert rules, in ms. */
export const EVALUATION_INTERVAL_MS = 30_000;

/** How long a worker's evaluation is current, in ms: less than the interval, so that a worker that stopped is replaced. */
const LEASE_MS = 25_000;

const LEASE = "alerts";

/** How long the queue's store may take to answer, in ms. */
const QUEUES_MS = 5_000;

/** Dependencies of {@link createAlertEvaluation}. */
export type AlertDeps = {
  config: AlertConfig;
  database: Database;
  watch: QueueWatch;
  outages: Pick<DatabaseOutages, "known">;
  /** The scopes that pause the sending of a message. */
  sendScopes: SendScopes;
  ports: { http: Http; log: Logger; now: Now; newId: NewId };
};

/**
 * One evaluation: it opens and closes alerts by the rules and notifies the webhook. Every worker reads the state of the
 * queues, because it must know since when a queue has no worker; one worker at a time does the rest.
 */
export function createAlertEvaluation({ config, database, watch, outages, sendScopes, ports }: AlertDeps) {
  const { thresholds, webhook } = config;
  const { log, now } = ports;
  const alerts = createAlerts(database, ports.newId);
  const leases = createLeases(database);
  const holder = ports.newId();
  const stores = {
    pauses: createPauseOperations(database, ports.newId),
    rates: createDeadLetterRates(database),
    readUnfinished: createUnfinishedReader(createUnfinishedMessages(database), sendScopes),
  };
  const notifier = webhook && createNotifier({ ...ports, alerts }, webhook);
  const readQueues = queueReader(watch, log);

  return async (stopping: AbortSignal): Promise<void> => {
    const queues = await readQueues();
    if (!(await leases.acquire(LEASE, holder, LEASE_MS))) return;
    const open = await alerts.open();
    const snapshot = { ...(await takeSnapshot(stores, thresholds, queues, now())), outages: outages.known() };
    const { conditions, covers } = evaluateRules(snapshot, thresholds, open, now());
    const isMet = (alert: Alert) =>
      conditions.some(({ rule, subject }) => rule === alert.rule && subject === alert.subject);
    const ended = open.filter((alert) => covers(alert) && !isMet(alert)).map(({ id }) => id);
    for (const alert of await alerts.openFor(conditions, now()))
      log.error({ ...fieldsOf(alert), alert: true }, "alert.opened");
    for (const alert of await alerts.close(ended, now())) log.info(fieldsOf(alert), "alert.closed");
    await notifier?.notify(stopping);
  };
}

function fieldsOf({ id, rule, subject, summary }: Alert) {
  return { id, rule, subject, summary };
}

/**
 * Reads the state of the queues; undefined while their store does not answer in time. A read that hangs is awaited
 * again instead of starting another.
 */
function queueReader(watch: QueueWatch, log: Logger): () => Promise<QueueState[] | undefined> {
  let reading: Promise<QueueState[]> | undefined;
  return async () => {
    reading ??= watch.read().finally(() => {
      reading = undefined;
    });
    try {
      return await withDeadline(reading, QUEUES_MS);
    } catch (error) {
      log.warn({ err: error }, "alerts.queues_unavailable");
      return undefined;
    }
  };
}
