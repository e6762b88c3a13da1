import type { ExhaustedJob, FollowUp, Logger, NewId, Now } from "@millrace/core";
import type {
  Database,
  DeadLetterFollowUps,
  FollowUpBacklog,
  Leases,
  PendingFollowUps,
  TurnOwner,
  UnfinishedMessages,
} from "@millrace/db";
import { dueTurns } from "@millrace/db";
import { QueueUnavailableError } from "@millrace/queue";
import type { FollowUpQueue } from "../follow-ups.ts";
import { createBacklogReader } from "./backlog-reader.ts";
import { type Loop, startLoop } from "./loop.ts";
import { pages } from "./pages.ts";

/** Times of the reconciler in ms. */
export type ReconcilerTimings = {
  /** How often the reconciler runs. */
  reconcilerMs: number;
  /** How old unfinished work is before its job is enqueued again. A younger job is on its way to the queue. */
  reconcilerAgeMs: number;
};

const DEFAULT_TIMINGS: ReconcilerTimings = { reconcilerMs: 60_000, reconcilerAgeMs: 30_000 };

/**
 * How many times per run a worker renews its lease, or tries to acquire the lease of a worker that crashed. After a crash
 * another worker runs the reconciler within a third of the interval.
 */
const TICKS_PER_RUN = 12;

/** The lifetime of the lease in ticks, so that one slow tick does not lose it. */
const LEASE_TICKS = 3;

const LEASE = "reconciler";

/** Dependencies of {@link startReconciler}. */
export type ReconcilerDeps = {
  database: Database;
  leases: Leases;
  messages: UnfinishedMessages;
  backlog: FollowUpBacklog;
  deadLetters: DeadLetterFollowUps;
  followUps: FollowUpQueue;
  /** Does what follows from a dead letter; resolves with whether it has happened. */
  followUpDeadLetter(job: ExhaustedJob): Promise<boolean>;
  /** The AI; without it, AI turns are left out. */
  assistant: TurnOwner | undefined;
  ports: { log: Logger; now: Now; newId: NewId };
  timings?: Partial<ReconcilerTimings> | undefined;
};

/** How much unfinished work a run enqueued again, or found already in the queue. */
type RunCounts = { messages: number; turns: number; followUps: number; deadLetters: number };

/**
 * Starts the reconciler: it enqueues the jobs of everything that Postgres knows to be unfinished, under their own ids, so
 * that a job that the queue still has stays as it is. One worker at a time runs it. Replays and batches of conversions
 * have loops of their own that find their lost jobs.
 */
export function startReconciler(deps: ReconcilerDeps): Loop {
  const { leases, ports } = deps;
  const { reconcilerMs, reconcilerAgeMs } = { ...DEFAULT_TIMINGS, ...deps.timings };
  const tickMs = reconcilerMs / TICKS_PER_RUN;
  const holder = ports.newId();
  const renew = () => leases.acquire(LEASE, holder, tickMs * LEASE_TICKS);
  let readBacklog = createBacklogReader(deps.backlog, ports.now);
  let nextRunAt = Number.NEGATIVE_INFINITY;

  async function tick(stopping: AbortSignal): Promise<void> {
    if (!(await renew())) {
      // Another worker runs the reconciler. What this one knows of the backlog becomes outdated.
      readBacklog = createBacklogReader(deps.backlog, ports.now);
      nextRunAt = Number.NEGATIVE_INFINITY;
      return;
    }
    const at = ports.now().getTime();
    if (at < nextRunAt) return;
    const mayGoOn = async () => !stopping.aborted && (await renew());
    // A queue is most likely lost before a worker starts, so the first run does not leave young messages to the next one.
    const messageAgeMs = nextRunAt === Number.NEGATIVE_INFINITY ? 0 : reconcilerAgeMs;
    const counts = await run(deps, { reconcilerMs, reconcilerAgeMs, messageAgeMs }, readBacklog, mayGoOn);
    nextRunAt = at + reconcilerMs;
    if (Object.values(counts).some((count) => count > 0))
      ports.log.info({ ...counts, durationMs: ports.now().getTime() - at }, "reconciler.completed");
  }

  const loop = startLoop(tickMs, tick, (error) => ports.log.warn({ err: error }, "reconciler.failed"));
  return {
    async stop() {
      await loop.stop();
      await leases.release(LEASE, holder).catch(() => undefined);
    },
  };
}

/**
 * @param timings.messageAgeMs how old a message is, in ms, before its job is enqueued again
 * @param mayGoOn asked between two pages: whether the worker still holds the lease and does not stop
 */
async function run(
  deps: ReconcilerDeps,
  timings: ReconcilerTimings & { messageAgeMs: number },
  readBacklog: () => AsyncIterable<readonly PendingFollowUps[]>,
  mayGoOn: () => Promise<boolean>,
): Promise<RunCounts> {
  const { reconcilerMs: everyMs, reconcilerAgeMs: ageMs, messageAgeMs } = timings;
  const { database, messages, assistant, followUps, deadLetters, ports } = deps;
  const counts: RunCounts = { messages: 0, turns: 0, followUps: 0, deadLetters: 0 };
  const enqueue = (jobs: readonly FollowUp[], correlationId = ports.newId()) =>
    followUps.enqueue({ correlationId }, jobs);

  const messageAge = { ageMs: messageAgeMs, attemptAgeMs: ageMs };
  for await (const page of pages((after) => messages.firstOfConversations(messageAge, after))) {
    // Jobs that are added at the same time share a round trip.
    await Promise.all(page.map(({ job }) => enqueue([job])));
    counts.messages += page.length;
    if (!(await mayGoOn())) return counts;
  }
  // A turn that is due before the next run needs its job now.
  if (assistant)
    for await (const page of pages((after) => dueTurns(database, assistant, everyMs, after))) {
      await Promise.all(page.map(({ job }) => enqueue([job])));
      counts.turns += page.length;
      if (!(await mayGoOn())) return counts;
    }
  const before = new Date(ports.now().getTime() - ageMs);
  for await (const page of pages((after) => deadLetters.open(before, after))) {
    for (const job of page) if (await deps.followUpDeadLetter(job)) counts.deadLetters += 1;
    if (!(await mayGoOn())) return counts;
  }
  for await (const page of readBacklog()) {
    const enqueued = await Promise.all(page.map((event) => enqueueKnown(deps, event)));
    counts.followUps += enqueued.reduce((sum, count) => sum + count, 0);
    if (!(await mayGoOn())) return counts;
  }
  return counts;
}

/**
 * Enqueues the follow-up jobs of an event. A job that this worker cannot enqueue, such as one of a role that only another
 * version knows, is logged and does not stop the others. Returns how many jobs were enqueued.
 * @throws QueueUnavailableError
 */
async function enqueueKnown(
  { followUps, ports: { log } }: Pick<ReconcilerDeps, "followUps" | "ports">,
  event: PendingFollowUps,
): Promise<number> {
  let enqueued = 0;
  for (const job of event.followUps)
    try {
      await followUps.enqueue(event, [job]);
      enqueued += 1;
    } catch (error) {
      if (error instanceof QueueUnavailableError) throw error;
      log.warn({ integration: job.integration, role: job.role, jobId: job.id, err: error }, "reconciler.job_refused");
    }
  return enqueued;
}
