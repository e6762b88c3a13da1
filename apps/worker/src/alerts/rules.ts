import type { AlertThresholds } from "@millrace/core";
import type { AlertCondition } from "@millrace/db";
import type { QueueState } from "@millrace/queue";
import type { Snapshot } from "./snapshot.ts";

/** For how long a queue may be without a worker, in ms; a restart takes less. */
const UNCONSUMED_MS = 60_000;

/** Rules about the queues that are watched. */
const OF_QUEUES: readonly string[] = ["queue_delayed", "no_worker"];

/** What a rule judges by. `isOpen` tells whether an alert of its own is open about a subject. */
type Circumstances = { thresholds: AlertThresholds; now: Date; isOpen(subject: string): boolean };

/** What a rule finds about a subject. */
type Found = Omit<AlertCondition, "rule">;

/** A rule: what of a snapshot is a trouble now. An open alert closes when its rule does not find it any more. */
type Rule<Part> = (part: Part, circumstances: Circumstances) => Found[];

/** A kind of dead letter that there was not in the week before; over after an hour without another. */
const newKind: Rule<Snapshot["kinds"]> = (kinds, { isOpen }) =>
  kinds
    .map(({ queue, kind, letters, known }) => ({
      known,
      subject: `${queue}: ${kind}`,
      summary: `a new kind of dead letter in ${queue}: ${kind} (${letters} within the hour)`,
    }))
    .filter(({ known, subject }) => !known || isOpen(subject))
    .map(({ subject, summary }) => ({ subject, summary }));

/** Too many dead letters of a queue; over when their number was never too high for the whole time that it is counted over. */
const manyDead: Rule<Snapshot["deaths"]> = (deaths, { thresholds, isOpen }) => {
  const { deadLetters: most, deadLettersMinutes: minutes } = thresholds;
  return [...Map.groupBy(deaths, ({ queue }) => queue)].flatMap(([queue, theirs]) => {
    const endingAgo = (ago: number) =>
      theirs
        .filter(({ minutesAgo }) => minutesAgo >= ago && minutesAgo < ago + minutes)
        .reduce((sum, { letters }) => sum + letters, 0);
    const counted = Array.from({ length: isOpen(queue) ? minutes + 1 : 1 }, (_, ago) => endingAgo(ago));
    if (!counted.some((letters) => letters > most)) return [];
    return [{ subject: queue, summary: `${counted[0]} dead letters in ${queue} within ${minutes} min` }];
  });
};

/** An account that waits for a person; over when a call works again. */
const paused: Rule<Snapshot["paused"]> = (held) =>
  held.map(({ scope, reason }) => ({ subject: scope, summary: `${scope} is paused: ${reason}` }));

/** A queue whose first job waits for too long, though it could be done now. */
const waitingTooLong: Rule<readonly QueueState[]> = (queues, { thresholds, now }) =>
  queues.flatMap(({ queue, waitsSince }) => {
    const minutes = minutesSince(waitsSince, now);
    if (minutes === undefined || minutes < thresholds.waitingMinutes) return [];
    return [{ subject: queue, summary: `the first job of ${queue} waits for ${Math.floor(minutes)} min` }];
  });

/** A queue that no worker consumes, whether or not a job waits in it. */
const noWorker: Rule<readonly QueueState[]> = (queues, { now, isOpen }) =>
  queues
    .filter(({ queue, workers, unconsumedSince }) => {
      if (isOpen(queue)) return workers === 0 || workers === undefined;
      return unconsumedSince !== undefined && now.getTime() - unconsumedSince.getTime() >= UNCONSUMED_MS;
    })
    .map(({ queue, waitsSince }) => ({
      subject: queue,
      summary: `no worker consumes ${queue}, and ${waitsSince ? "jobs wait" : "nothing waits"} in it`,
    }));

/**
 * What the rules find, and what else they have judged: an open alert that is judged and no trouble is over. Of queues
 * those are judged that this worker watches; none while their store is away.
 */
export function judge(
  snapshot: Snapshot,
  thresholds: AlertThresholds,
  open: readonly Pick<AlertCondition, "rule" | "subject">[],
  now: Date,
): { troubles: AlertCondition[]; isJudged(about: Pick<AlertCondition, "rule" | "subject">): boolean } {
  const { kinds, deaths, paused: held, queues } = snapshot;
  const found = new Map<string, Found[]>();
  function apply<Part>(name: string, rule: Rule<Part>, part: Part): void {
    const isOpen = (about: string) => open.some(({ rule, subject }) => rule === name && subject === about);
    found.set(name, rule(part, { thresholds, now, isOpen }));
  }
  apply("new_error", newKind, kinds);
  apply("many_dead_letters", manyDead, deaths);
  apply("account_paused", paused, held);
  apply("queue_delayed", waitingTooLong, queues ?? []);
  apply("no_worker", noWorker, queues ?? []);
  const troubles = [...found].flatMap(([rule, theirs]) => theirs.map((trouble) => ({ rule, ...trouble })));
  const isWatched = (subject: string) => queues?.some(({ queue }) => queue === subject) ?? false;
  return { troubles, isJudged: ({ rule, subject }) => !OF_QUEUES.includes(rule) || isWatched(subject) };
}

function minutesSince(time: Date | undefined, now: Date): number | undefined {
  return time && (now.getTime() - time.getTime()) / 60_000;
}
