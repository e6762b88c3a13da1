import { type AlertConfig, type Http, type Logger, type NewId, type Now, withDeadline } from "@millrace/core";
import { type Alert, createAlerts, createDeadLetterRates, createPauses, type Database } from "@millrace/db";
import type { QueueState, QueueWatch } from "@millrace/queue";
import { judge } from "./rules.ts";
import { takeSnapshot } from "./snapshot.ts";
import { createTeller } from "./notifier.ts";

/** How long a round is its worker's, in ms: less than the time between two, so that the next is not late for it. */
const LEASE_MS = 25_000;

/** How long the queue's store may take, in ms. */
const LOOK_MS = 5_000;

/** What the rounds are made of. */
export type RoundParts = AlertConfig & {
  database: Database;
  watch: QueueWatch;
  http: Http;
  log: Logger;
  now: Now;
  newId: NewId;
};

/**
 * One look at everything: alerts are opened and closed by the rules, and the webhook is told. Every worker looks at
 * the queues, to know since when one has no worker; the rest is done by one of them.
 */
export function createRound(parts: RoundParts): (stopping: AbortSignal) => Promise<void> {
  const { database, thresholds, webhook, log, now } = parts;
  const alerts = createAlerts(database, parts.newId);
  const sources = { holds: createPauses(database), deathRates: createDeadLetterRates(database) };
  const teller = webhook && createTeller({ ...parts, alerts }, webhook);
  const lookAtQueues = patient(parts.watch, log);

  return async (stopping) => {
    const queues = await lookAtQueues();
    if (!(await alerts.claimRound(now(), LEASE_MS))) return;
    const open = await alerts.open();
    const { troubles, isJudged } = judge(
      await takeSnapshot(sources, thresholds, queues, now()),
      thresholds,
      open,
      now(),
    );
    const isTrouble = ({ rule, subject }: Alert) =>
      troubles.some((trouble) => trouble.rule === rule && trouble.subject === subject);
    const over = open.filter((alert) => isJudged(alert) && !isTrouble(alert));
    for (const alert of await alerts.raise(troubles, now())) log.error({ ...told(alert), alert: true }, "alert.opened");
    const ids = over.map(({ id }) => id);
    for (const alert of await alerts.close(ids, now())) log.info(told(alert), "alert.closed");
    await teller?.tell(stopping);
  };
}

function told({ id, rule, subject, summary }: Alert) {
  return { id, rule, subject, summary };
}

/** How the queues stand; undefined while their store is away. A look that hangs is not joined by another. */
function patient(watch: QueueWatch, log: Logger): () => Promise<QueueState[] | undefined> {
  let looking: Promise<QueueState[]> | undefined;
  return async () => {
    looking ??= watch.look().finally(() => {
      looking = undefined;
    });
    try {
      return await withDeadline(looking, LOOK_MS);
    } catch (error) {
      log.warn({ err: error }, "alerts.queues_unavailable");
      return undefined;
    }
  };
}
