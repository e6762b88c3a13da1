import { type Environment, type Finding, systemNow, uuidv7, withDeadline } from "@millrace/core";
import { createAlerts, createDeathRates, type Database } from "@millrace/db";
import { createQueueWatch, type QueueBackend, type QueueDefinition } from "@millrace/queue";
import { withStores } from "../stores.ts";

/** How long one look may take, in ms. */
const LOOK_MS = 5_000;

/** How long the webhook may take to take an alert, in ms: a round of the worker begins each half a minute. */
const UNTOLD_MS = 15 * 60_000;

/** What lies in the stores and waits for somebody. Nothing is said while a store is away: another check says that. */
export function checkPipe(environment: Environment, queues: readonly QueueDefinition[]): Promise<Finding[]> {
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

async function look(check: string, work: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await withDeadline(work(), LOOK_MS);
  } catch {
    return [{ check, state: "fail", found: "they cannot be read", todo: "run millrace migrate" }];
  }
}

async function deadLetters(database: Database): Promise<Finding[]> {
  const check = "dead letters";
  const waiting = await createDeathRates(database).waiting();
  if (waiting === 0) return [{ check, state: "ok", found: "none waits" }];
  return [{ check, state: "warn", found: `${waiting} wait`, todo: "docs/operate.md tells what to do with each" }];
}

async function openAlerts(database: Database, areTold: boolean): Promise<Finding[]> {
  const check = "alerts";
  const open = await createAlerts(database, uuidv7).open();
  if (open.length === 0) return [{ check, state: "ok", found: "none is open" }];
  const findings = open.map(({ rule, summary, openedAt }): Finding => ({
    check,
    state: "warn",
    found: `${rule} since ${openedAt.toISOString()}: ${summary}`,
    todo: "docs/operate.md tells what the rule means",
  }));
  const longAgo = new Date(systemNow().getTime() - UNTOLD_MS);
  const untold = open.filter(({ openedAt, openingToldAt }) => openingToldAt === null && openedAt < longAgo);
  if (!areTold || untold.length === 0) return findings;
  const found = `${untold.length} not taken by the webhook within 15 min`;
  const todo = "alert.not_told in the log of the workers says why: correct ALERT_WEBHOOK_URL, or mend what is there";
  return [...findings, { check: "alert webhook", state: "fail", found, todo }];
}

async function workers(backend: QueueBackend, queues: readonly QueueDefinition[]): Promise<Finding[]> {
  const check = "workers";
  const watch = createQueueWatch(backend, queues, systemNow);
  const states = await watch.look();
  await watch.close();
  const without = states.filter(({ workers }) => workers === 0).map(({ queue }) => queue);
  if (states.some(({ workers }) => workers === undefined))
    return [{ check, state: "warn", found: "this Redis does not tell them", todo: "watch /livez of each worker" }];
  if (without.length === 0) return [{ check, state: "ok", found: "each queue has one" }];
  const todo = "start a worker, or see to its WORKER_QUEUES";
  return [{ check, state: "fail", found: `none consumes ${without.join(", ")}`, todo }];
}
