import { type Environment, type CheckResult, systemNow, uuidv7, withDeadline } from "@millrace/core";
import { createAlerts, createDeadLetterRates, type Database } from "@millrace/db";
import { createQueueWatch, type QueueBackend, type QueueDefinition } from "@millrace/queue";
import { withStores } from "../stores.ts";

/** How long one look may take, in ms. */
const LOOK_MS = 5_000;

/** How long the webhook may take to take an alert, in ms: a round of the worker begins each half a minute. */
const UNTOLD_MS = 15 * 60_000;

/** What lies in the stores and waits for somebody. Nothing is said while a store is away: another check says that. */
export function checkPipe(environment: Environment, queues: readonly QueueDefinition[]): Promise<CheckResult[]> {
  return withStores(environment, async ({ database, backend }) => {
    const away = await Promise.all([database.ping(), backend.ping()]).then(
      () => false,
      () => true,
    );
    if (away) return [];
    return [
      ...(await look("dead letters", () => deadLetters(database))),
      ...(await look("alerts", () => openAlerts(database, Boolean(environment["ALERT_WEBHOOK_URL"])))),
      ...(await look("workers", () => workers(backend, queues))),
    ];
  });
}

async function look(check: string, work: () => Promise<CheckResult[]>): Promise<CheckResult[]> {
  try {
    return await withDeadline(work(), LOOK_MS);
  } catch {
    return [{ check, state: "fail", message: "they cannot be read", remedy: "run millrace migrate" }];
  }
}

async function deadLetters(database: Database): Promise<CheckResult[]> {
  const check = "dead letters";
  const waiting = await createDeadLetterRates(database).waiting();
  if (waiting === 0) return [{ check, state: "ok", message: "none waits" }];
  return [{ check, state: "warn", message: `${waiting} wait`, remedy: "docs/operate.md tells what to do with each" }];
}

async function openAlerts(database: Database, areTold: boolean): Promise<CheckResult[]> {
  const check = "alerts";
  const open = await createAlerts(database, uuidv7).open();
  if (open.length === 0) return [{ check, state: "ok", message: "none is open" }];
  const findings = open.map(({ rule, summary, openedAt }): CheckResult => ({
    check,
    state: "warn",
    message: `${rule} since ${openedAt.toISOString()}: ${summary}`,
    remedy: "docs/operate.md tells what the rule means",
  }));
  const longAgo = new Date(systemNow().getTime() - UNTOLD_MS);
  const untold = open.filter(({ openedAt, openingNotifiedAt }) => openingNotifiedAt === null && openedAt < longAgo);
  if (!areTold || untold.length === 0) return findings;
  const found = `${untold.length} not taken by the webhook within 15 min`;
  const remedy =
    "alert.notification_failed in the log of the workers says why: correct ALERT_WEBHOOK_URL, or mend what is there";
  return [...findings, { check: "alert webhook", state: "fail", message: found, remedy }];
}

async function workers(backend: QueueBackend, queues: readonly QueueDefinition[]): Promise<CheckResult[]> {
  const check = "workers";
  const watch = createQueueWatch(backend, queues, systemNow);
  const states = await watch.look();
  await watch.close();
  const without = states.filter(({ workers }) => workers === 0).map(({ queue }) => queue);
  if (states.some(({ workers }) => workers === undefined))
    return [{ check, state: "warn", message: "this Redis does not tell them", remedy: "watch /livez of each worker" }];
  if (without.length === 0) return [{ check, state: "ok", message: "each queue has one" }];
  const remedy = "start a worker, or see to its WORKER_QUEUES";
  return [{ check, state: "fail", message: `none consumes ${without.join(", ")}`, remedy }];
}
