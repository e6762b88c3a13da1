import { type CheckResult, type Environment, systemNow, uuidv7, withDeadline } from "@millrace/core";
import { createAlerts, createDeadLetterRates, type Database } from "@millrace/db";
import { createQueueWatch, type QueueBackend, type QueueDefinition } from "@millrace/queue";
import { withStores } from "../stores.ts";

/** Longest time for one check, in ms. */
const CHECK_DEADLINE_MS = 5_000;

/** Minutes until the webhook must have accepted an alert. A worker sends alerts every half minute. */
const NOTIFICATION_DEADLINE_MINUTES = 15;

/**
 * Checks what the stores record: open dead letters, open alerts, and queues without a worker. Returns no results while
 * a store is unreachable or has no tables, because other checks report that.
 */
export function checkOpenProblems(
  environment: Environment,
  queues: readonly QueueDefinition[],
): Promise<CheckResult[]> {
  return withStores(environment, async ({ database, backend }) => {
    const reachable = await Promise.all([database.ping(), backend.checkWritable()]).then(
      () => true,
      () => false,
    );
    if (!reachable) return [];
    return [
      ...(await runCheck("dead letters", () => checkDeadLetters(database))),
      ...(await runCheck("alerts", () => checkAlerts(database, Boolean(environment["ALERT_WEBHOOK_URL"])))),
      ...(await runCheck("workers", () => checkWorkers(backend, queues))),
    ];
  });
}

async function runCheck(check: string, run: () => Promise<CheckResult[]>): Promise<CheckResult[]> {
  try {
    return await withDeadline(run(), CHECK_DEADLINE_MS);
  } catch {
    return [{ check, state: "fail", message: `the ${check} cannot be read`, remedy: "run millrace migrate" }];
  }
}

async function checkDeadLetters(database: Database): Promise<CheckResult[]> {
  const check = "dead letters";
  const waiting = await createDeadLetterRates(database).waiting();
  if (waiting === 0) return [{ check, state: "ok", message: "none are open" }];
  const remedy = "run millrace dead-letters list, and read docs/dead-letters.md";
  return [{ check, state: "warn", message: `${waiting} open`, remedy }];
}

async function checkAlerts(database: Database, hasWebhook: boolean): Promise<CheckResult[]> {
  const check = "alerts";
  const open = await createAlerts(database, uuidv7).open();
  if (open.length === 0) return [{ check, state: "ok", message: "none are open" }];
  const results = open.map(({ rule, summary, openedAt }): CheckResult => ({
    check,
    state: "warn",
    message: `${rule} since ${openedAt.toISOString()}: ${summary}`,
    remedy: "docs/alerts.md explains each rule",
  }));
  const due = new Date(systemNow().getTime() - NOTIFICATION_DEADLINE_MINUTES * 60_000);
  const late = open.filter(({ openedAt, openingNotifiedAt }) => openingNotifiedAt === null && openedAt < due);
  if (!hasWebhook || late.length === 0) return results;
  const alerts = late.length === 1 ? "alert" : "alerts";
  const message = `${late.length} ${alerts} not accepted for ${NOTIFICATION_DEADLINE_MINUTES} min`;
  const remedy = "the worker logs the reason as alert.notification_failed: correct ALERT_WEBHOOK_URL or its receiver";
  return [...results, { check: "alert webhook", state: "fail", message, remedy }];
}

async function checkWorkers(backend: QueueBackend, queues: readonly QueueDefinition[]): Promise<CheckResult[]> {
  const check = "workers";
  const watch = createQueueWatch(backend, queues, systemNow);
  const states = await watch.read();
  await watch.close();
  const withoutWorker = states.filter(({ workers }) => workers === 0).map(({ queue }) => queue);
  if (states.some(({ workers }) => workers === undefined))
    return [
      { check, state: "warn", message: "this Redis does not list its clients", remedy: "watch /livez of each worker" },
    ];
  if (withoutWorker.length === 0) return [{ check, state: "ok", message: "every queue has a worker" }];
  const remedy = "start a worker, or correct its WORKER_QUEUES";
  return [{ check, state: "fail", message: `no worker for ${withoutWorker.join(", ")}`, remedy }];
}
