import { setTimeout as wait } from "node:timers/promises";
import { describeError, type HeldLease, type InboundEvent } from "@millrace/core";
import type { JobQueue, QueueBackend } from "../backends/backend.ts";
import type { AttemptDeps } from "./attempt-deps.ts";
import type { JobRun } from "./job-run.ts";
import { logAttempt } from "./log-attempt.ts";
import { orAbort } from "./or-abort.ts";

/** Most jobs that are processed together, the one at the head of the queue included. */
const MOST_TOGETHER = 64;

/** How often a worker looks for jobs behind one that waits at the head of the queue, in ms. */
const LOOK_AGAIN_MS = 100;

/**
 * Processes the jobs at the front of an ordered queue together. The worker holds only the job at the head; the others wait
 * in the queue until they are done, and then leave it. If the worker dies before that, they are still in their order.
 */
export type LookAhead = {
  /** Processes the job at the head and those behind it. Returns whether the job at the head is done. */
  run(head: JobRun): Promise<boolean>;
  /** Waits while the job at the head waits, and meanwhile processes jobs behind it that need not wait for it. */
  wait(head: JobRun, ms: number): Promise<void>;
};

/** What a look ahead uses. */
export type LookAheadDeps = AttemptDeps & {
  backend: QueueBackend;
  queue: JobQueue;
  /** The lease of the queue. */
  lease: HeldLease;
  /** Whether this worker still takes jobs of the queue. */
  mayLookAhead(): boolean;
};

/** What one pass over the front of the queue did. */
type Pass = {
  /** The ids of the events that are done. */
  done: ReadonlySet<string>;
  /** Whether all events of the pass are done. */
  isComplete: boolean;
  /** Resolves once the jobs behind the head that are done have left the queue; with false when they could not. */
  left: Promise<boolean>;
};

const NOTHING_DONE: Pass = { done: new Set(), isComplete: false, left: Promise.resolve(false) };

/** Creates the {@link LookAhead} of a queue. `alone` has the ids of jobs that are processed one by one: their batch failed. */
export function createLookAhead(deps: LookAheadDeps, alone: Set<string>): LookAhead {
  const { definition, processor, log, now, stopping, timings } = deps;

  /**
   * Processes the front of the queue once.
   * @param head the events of the job at the head, while it is not done
   * @param leaving the events of the last pass that are done, and may still be in the queue
   */
  async function pass(
    { lockLost }: JobRun,
    head: readonly InboundEvent[],
    leaving: ReadonlySet<string>,
  ): Promise<Pass> {
    const startedAt = now();
    const signals = [stopping, AbortSignal.timeout(timings.deadlineMs), ...(lockLost ? [lockLost] : [])];
    const front = await readFront(deps, leaving);
    if (front.length === 0) return NOTHING_DONE;
    const events = [...head, ...front.map((waiting) => waiting.event)];
    try {
      const { done, followed } = await orAbort(processTogether(events), AbortSignal.any(signals));
      const finished = front.filter(({ event }) => done.has(event.id));
      const left = followed.then(() => leave(deps, finished, startedAt));
      const isComplete = events.every(({ id }) => done.has(id));
      return { done, isComplete, left: left.then(() => true).catch(() => false) };
    } catch (error) {
      // During an outage no event is at fault.
      if (!stopping.aborted && !processor.isOutage(error)) for (const { id } of events) alone.add(id);
      log.debug({ queue: definition.name, jobs: events.length, error: describeError(error) }, "batch.failed");
      return NOTHING_DONE;
    }
  }

  async function processTogether(events: readonly InboundEvent[]) {
    const result = await processor.processTogether?.(events, deps.lease);
    const { done, followed } = result ?? { done: new Set<string>(), followed: Promise.resolve() };
    // A pass that ended early does not wait for the follow-up jobs, and their error must not end the process.
    followed.catch(() => undefined);
    return { done, followed };
  }

  // A store that is away fails the look ahead; the job at the head reports it.
  const tryPass = (...args: Parameters<typeof pass>) => pass(...args).catch(() => NOTHING_DONE);
  const mayLook = ({ event, lockLost }: JobRun) =>
    processor.processTogether !== undefined &&
    !alone.has(event.id) &&
    deps.mayLookAhead() &&
    !stopping.aborted &&
    lockLost?.aborted !== true;

  return {
    async run(head) {
      if (!mayLook(head)) return false;
      const first = await tryPass(head, [head.event], new Set());
      // While the jobs of one pass leave the queue, the next pass is processed. A job that is left out gets its turn first.
      let last = first;
      while (last.isComplete && mayLook(head)) {
        const next = await tryPass(head, [], last.done);
        if (!(await last.left)) break;
        last = next;
      }
      await last.left;
      return first.done.has(head.event.id) && (await first.left);
    },
    async wait(head, ms) {
      const until = performance.now() + ms;
      for (let leftMs = ms; leftMs > 0 && !stopping.aborted; leftMs = until - performance.now()) {
        const { done, left } = mayLook(head) ? await tryPass(head, [head.event], new Set()) : NOTHING_DONE;
        if ((await left) && done.size > 0) continue;
        await wait(mayLook(head) ? Math.min(leftMs, LOOK_AGAIN_MS) : leftMs, undefined, { signal: stopping }).catch(
          () => undefined,
        );
      }
    },
  };
}

/**
 * Adds the front of the queue to `alone`, after the job at its head stalled: one of the jobs that were processed together
 * may have ended the worker, and it must not take the others with it again.
 */
export async function processFrontAlone(
  { backend, queue }: Pick<LookAheadDeps, "backend" | "queue">,
  head: string,
  alone: Set<string>,
): Promise<void> {
  alone.add(head);
  // A store that is away fails the job at the head, which then stalls no more and comes back.
  const front = await backend.firstWaiting(queue, MOST_TOGETHER - 1).catch(() => []);
  for (const { id } of front) alone.add(id);
}

/** A job behind the head of the queue. */
type WaitingEvent = { id: string; addedAt: Date; event: InboundEvent };

/** Reads the jobs behind the head, without those that leave, up to the first one that cannot be read or waits for a scope. */
async function readFront(
  { backend, queue, definition, processor }: LookAheadDeps,
  leaving: ReadonlySet<string>,
): Promise<WaitingEvent[]> {
  const front: WaitingEvent[] = [];
  // No worker takes jobs of a paused queue.
  if (await queue.isPaused()) return front;
  for (const { id, data, addedAt } of await backend.firstWaiting(queue, MOST_TOGETHER - 1 + leaving.size)) {
    if (leaving.has(id)) continue;
    const event = definition.schema.safeParse(data);
    if (!event.success || event.data.waitsFor !== undefined || processor.scopes(event.data).length > 0) break;
    front.push({ id, addedAt, event: event.data });
  }
  return front.slice(0, MOST_TOGETHER - 1);
}

/** Removes jobs that are done from the queue, and logs each in one line. */
async function leave(deps: LookAheadDeps, finished: readonly WaitingEvent[], startedAt: Date): Promise<void> {
  const ids = finished.map(({ id }) => id);
  if (ids.length > 0) await deps.backend.removeWaiting(deps.queue, ids);
  for (const { id, addedAt, event } of finished)
    logAttempt(deps, {
      job: { id, name: event.kind, timestamp: addedAt.getTime(), attemptsMade: 0 },
      event,
      startedAt,
      result: { outcome: "written" },
    });
}
