import type { AlertThresholds } from "@millrace/core";
import type { AlertCondition, ListedPause } from "@millrace/db";
import { OVERDUE_MS, type QueueState, UNCONSUMED_MS } from "@millrace/queue";
import { databaseOutageMatches, knowsDatabaseOutage } from "./database-outages.ts";
import type { Snapshot } from "./snapshot.ts";

/** How long an outage lasts before a person should know, in ms. A restart of a provider takes less. */
const UNAVAILABLE_MS = 120_000;

/** How long a rate limit lasts before a person should know, in ms. Most end within a minute. */
const LONG_PAUSE_MS = 600_000;

/** Rules that need the state of the queues. */
const QUEUE_RULES: readonly string[] = ["queue_delayed", "no_worker", "delayed_overdue"];

/** What a rule needs besides its part of the snapshot. */
type RuleContext = {
  thresholds: AlertThresholds;
  now: Date;
  /** Whether the rule has an open alert about the subject. */
  isOpen(subject: string): boolean;
};

/** A subject that meets a rule's condition. */
type Match = Omit<AlertCondition, "rule">;

/** An alert is open for as long as its rule returns its subject. */
type Rule<Part> = (part: Part, context: RuleContext) => Match[];

/** An error without a dead letter in the week before. The alert closes an hour after the error's last dead letter. */
const newError: Rule<Snapshot["errors"]> = (errors, { isOpen }) =>
  errors
    .map(({ queue, kind, count, known }) => ({
      known,
      subject: `${queue}: ${kind}`,
      summary: `new error in ${queue}: ${kind} (${count} dead letters within the hour)`,
    }))
    .filter(({ known, subject }) => !known || isOpen(subject))
    .map(({ subject, summary }) => ({ subject, summary }));

/**
 * More dead letters of a queue than the threshold within its minutes. The alert closes once the count has stayed at or
 * below the threshold for as many minutes.
 */
const manyDeadLetters: Rule<Snapshot["deadLetters"]> = (deadLetters, { thresholds, isOpen }) => {
  const { deadLetters: most, deadLettersMinutes: minutes } = thresholds;
  return [...Map.groupBy(deadLetters, ({ queue }) => queue)].flatMap(([queue, ofQueue]) => {
    const countEndingAgo = (ago: number) =>
      ofQueue
        .filter(({ minutesAgo }) => minutesAgo >= ago && minutesAgo < ago + minutes)
        .reduce((sum, { count }) => sum + count, 0);
    const counts = Array.from({ length: isOpen(queue) ? minutes + 1 : 1 }, (_, ago) => countEndingAgo(ago));
    if (!counts.some((count) => count > most)) return [];
    return [{ subject: queue, summary: `${counts[0]} dead letters in ${queue} within ${minutes} min` }];
  });
};

/** A paused account. The alert closes once the pause ends. */
const accountPaused: Rule<Snapshot["pauses"]> = (pauses) =>
  pauses
    .filter(({ kind }) => kind === "paused")
    .map(({ scope, reason }) => ({ subject: scope, summary: `${scope} is paused: ${reason}` }));

/**
 * An integration with open circuits: calls fail for every job. An outage of a provider opens the circuits of all its
 * accounts, and has one alert. The alert closes once a probe of each has succeeded.
 */
const scopeUnavailable: Rule<Snapshot["pauses"]> = (pauses) => {
  const unavailable = pauses.filter(({ kind }) => kind === "unavailable");
  return [...Map.groupBy(unavailable, ({ scope }) => scope.split(":", 1).join())].flatMap(([subject, circuits]) => {
    const longest = circuits.reduce((one, other) => (one.ageMs >= other.ageMs ? one : other));
    if (longest.ageMs < UNAVAILABLE_MS) return [];
    if (circuits.length === 1) return [{ subject, summary: summaryOf(longest, "is unavailable") }];
    const waitingJobs = circuits.reduce((sum, circuit) => sum + circuit.waitingJobs, 0);
    const scope = `${subject} (${circuits.length} scopes)`;
    return [{ subject, summary: summaryOf({ ...longest, scope, waitingJobs }, "is unavailable") }];
  });
};

/**
 * A rate limit that lasts. The other kinds of pauses have alerts of their own, which open earlier, so that a scope has
 * one alert at a time.
 */
const longPause: Rule<Snapshot["pauses"]> = (pauses) =>
  pauses
    .filter(({ kind, ageMs }) => kind === "rate_limited" && ageMs >= LONG_PAUSE_MS)
    .map((pause) => ({ subject: pause.scope, summary: summaryOf(pause, "is rate limited") }));

function summaryOf({ scope, ageMs, reason, waitingJobs }: ListedPause, state: string): string {
  const jobs = waitingJobs === 1 ? "1 job waits" : `${waitingJobs} jobs wait`;
  return `${scope} ${state} for ${Math.floor(ageMs / 60_000)} min: ${reason}; ${jobs}`;
}

/** The oldest unsent message of an account waits for longer than the threshold, and no pause is why. */
const messageUnfinished: Rule<Snapshot["unfinished"]> = (unfinished, { now }) =>
  unfinished.map(({ account, since }) => {
    const minutes = Math.floor((now.getTime() - since.getTime()) / 60_000);
    return { subject: account, summary: `the oldest unsent message of ${account} waits for ${minutes} min` };
  });

/** The oldest runnable job of a queue waits for longer than the threshold. */
const queueDelayed: Rule<readonly QueueState[]> = (queues, { thresholds, now }) =>
  queues.flatMap(({ queue, waitsSince }) => {
    const minutes = waitsSince && (now.getTime() - waitsSince.getTime()) / 60_000;
    if (minutes === undefined || minutes < thresholds.waitingMinutes) return [];
    return [{ subject: queue, summary: `the oldest job in ${queue} waits for ${Math.floor(minutes)} min` }];
  });

/** A queue that no worker consumes, whether or not jobs wait in it. */
const noWorker: Rule<readonly QueueState[]> = (queues, { now, isOpen }) =>
  queues
    .filter(({ queue, workers, unconsumedSince }) => {
      if (isOpen(queue)) return workers === 0 || workers === undefined;
      return unconsumedSince !== undefined && now.getTime() - unconsumedSince.getTime() >= UNCONSUMED_MS;
    })
    .map(({ queue, waitsSince }) => ({
      subject: queue,
      summary: `no worker consumes ${queue}; ${waitsSince ? "jobs are" : "no job is"} waiting`,
    }));

/**
 * Delayed jobs that workers do not return to their queue, for example because an operator paused the queue. A queue
 * without a worker has the alert `no_worker`.
 */
const delayedOverdue: Rule<readonly QueueState[]> = (queues) =>
  queues
    .filter(({ overdue, workers }) => overdue > 0 && workers !== 0)
    .map(({ queue, overdue }) => {
      const jobs = overdue === 1 ? "1 delayed job" : `${overdue} delayed jobs`;
      return {
        subject: queue,
        summary: `${jobs} in ${queue} should have run more than ${OVERDUE_MS / 60_000} min ago`,
      };
    });

/** Result of {@link evaluateRules}. */
export type Evaluation = {
  /** The conditions that are met now. */
  conditions: AlertCondition[];
  /**
   * Whether the rules could decide about this subject. An open alert closes when they could and its condition is not
   * met. A queue rule decides about the queues that this worker watches, and about none while their store is away.
   */
  covers(about: Pick<AlertCondition, "rule" | "subject">): boolean;
};

/** Evaluates every rule on a snapshot. */
export function evaluateRules(
  snapshot: Snapshot,
  thresholds: AlertThresholds,
  open: readonly Pick<AlertCondition, "rule" | "subject">[],
  now: Date,
): Evaluation {
  const { errors, deadLetters, pauses, unfinished, queues, outages } = snapshot;
  function apply<Part>(name: string, rule: Rule<Part>, part: Part): AlertCondition[] {
    const isOpen = (about: string) => open.some(({ rule, subject }) => rule === name && subject === about);
    return rule(part, { thresholds, now, isOpen }).map((match) => ({ rule: name, ...match }));
  }
  const isWatched = (subject: string) => queues?.some(({ queue }) => queue === subject) ?? false;
  return {
    conditions: [
      ...apply("new_error", newError, errors),
      ...apply("many_dead_letters", manyDeadLetters, deadLetters),
      ...apply("account_paused", accountPaused, pauses),
      ...apply("scope_unavailable", scopeUnavailable, pauses),
      ...apply("long_pause", longPause, pauses),
      ...apply("message_unfinished", messageUnfinished, unfinished),
      ...apply("queue_delayed", queueDelayed, queues ?? []),
      ...apply("no_worker", noWorker, queues ?? []),
      ...apply("delayed_overdue", delayedOverdue, queues ?? []),
      ...apply("database_outage", databaseOutageMatches, outages),
    ],
    covers: ({ rule, subject }) =>
      rule === "database_outage"
        ? knowsDatabaseOutage(outages, subject, now)
        : !QUEUE_RULES.includes(rule) || isWatched(subject),
  };
}
