import { setTimeout as wait } from "node:timers/promises";
import { describeError, type InboundEvent } from "@millrace/core";
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
  /** Whether this worker still consumes the queue. */
  hasLease(): boolean;
};

/** Creates the {@link LookAhead} of a queue. `alone` has the ids of jobs that are processed one by one: their batch failed. */
export function createLookAhead(deps: LookAheadDeps, alone: Set<string>): LookAhead {
  const { backend, queue, definition, processor, log, now, stopping, timings } = deps;

  /** Processes the front of the queue once. Returns the ids of the events that are done. */
  async function pass({ event, lockLost }: JobRun): Promise<ReadonlySet<string>> {
    const startedAt = now();
    const signals = [stopping, AbortSignal.timeout(timings.deadlineMs), ...(lockLost ? [lockLost] : [])];
    const front = await readFront(deps);
    if (front.length === 0) return new Set();
    const events = [event, ...front.map((waiting) => waiting.event)];
    let done: ReadonlySet<string>;
    try {
      done = await orAbort(processTogether(events), AbortSignal.any(signals));
    } catch (error) {
      // During an outage no event is at fault.
      if (!stopping.aborted && !processor.isOutage(error)) for (const { id } of events) alone.add(id);
      log.debug({ queue: definition.name, jobs: events.length, error: describeError(error) }, "batch.failed");
      return new Set();
    }
    const finished = front.filter((waiting) => done.has(waiting.event.id));
    if (finished.length > 0)
      await backend.removeWaiting(
        queue,
        finished.map(({ id }) => id),
      );
    for (const { id, addedAt, event: attempted } of finished)
      logAttempt(deps, {
        job: { id, name: attempted.kind, timestamp: addedAt.getTime(), attemptsMade: 0 },
        event: attempted,
        startedAt,
        result: { outcome: "written" },
      });
    return done;
  }

  const processTogether = async (events: readonly InboundEvent[]) =>
    (await processor.processTogether?.(events)) ?? new Set<string>();
  // A store that is away fails the look ahead; the job at the head reports it.
  const tryPass = (head: JobRun) => pass(head).catch(() => new Set<string>());
  const mayLook = ({ event, lockLost }: JobRun) =>
    processor.processTogether !== undefined &&
    !alone.has(event.id) &&
    deps.hasLease() &&
    !stopping.aborted &&
    lockLost?.aborted !== true;

  return {
    async run(head) {
      return mayLook(head) && (await tryPass(head)).has(head.event.id);
    },
    async wait(head, ms) {
      const until = performance.now() + ms;
      for (let leftMs = ms; leftMs > 0 && !stopping.aborted; leftMs = until - performance.now()) {
        const done = mayLook(head) ? await tryPass(head) : new Set();
        if (done.size > 0) continue;
        await wait(mayLook(head) ? Math.min(leftMs, LOOK_AGAIN_MS) : leftMs, undefined, { signal: stopping }).catch(
          () => undefined,
        );
      }
    },
  };
}

/** Reads the jobs behind the head, up to the first one that cannot be read or waits for a scope. */
async function readFront({ backend, queue, definition, processor }: LookAheadDeps) {
  const front: { id: string; addedAt: Date; event: InboundEvent }[] = [];
  for (const { id, data, addedAt } of await backend.firstWaiting(queue, MOST_TOGETHER - 1)) {
    const event = definition.schema.safeParse(data);
    if (!event.success || event.data.waitsFor !== undefined || processor.scopes(event.data).length > 0) break;
    front.push({ id, addedAt, event: event.data });
  }
  return front;
}
