import type { Logger, Now } from "@millrace/core";
import type { ReplayScheduler } from "@millrace/db";
import { type Replayer, UNCONSUMED_MS } from "@millrace/queue";
import { type Loop, startLoop } from "./loop.ts";

/** Times of the replays in ms. */
export type ReplayTimings = {
  /** How often the replays make a step. A dead letter that an operator replays starts within this time. */
  replayStepMs: number;
  /** How long a dead letter may be replaying before a worker looks for its job, which a crash or the queue can lose. */
  replayOverdueMs: number;
  /** How long a dead letter may be replaying in a queue that no worker consumes. A restart of the workers takes less. */
  replayUnconsumedMs: number;
  /** How long such a queue must be without a worker before the dead letter returns to the state `dead`. */
  queueUnconsumedMs: number;
};

const DEFAULT_TIMINGS: ReplayTimings = {
  replayStepMs: 250,
  replayOverdueMs: 10_000,
  replayUnconsumedMs: 600_000,
  queueUnconsumedMs: UNCONSUMED_MS,
};

/** Dependencies of {@link startReplays}. */
export type ReplayDeps = {
  scheduler: ReplayScheduler;
  replayer: Replayer;
  ports: { log: Logger; now: Now };
  timings?: Partial<ReplayTimings> | undefined;
};

/**
 * Runs the replays that operators start: marks the dead letters that are due and requeues their jobs. A worker that
 * dies in between leaves dead letters without a job; any other worker finds them overdue and requeues them. A dead letter
 * of a queue that no worker consumes returns to the state `dead`, so that its replay ends and operators can discard it.
 */
export function startReplays({ scheduler, replayer, ports, timings }: ReplayDeps): Loop {
  const { replayStepMs, replayOverdueMs, replayUnconsumedMs, queueUnconsumedMs } = { ...DEFAULT_TIMINGS, ...timings };
  const { log, now } = ports;

  async function step(): Promise<void> {
    const at = now();
    const { released, ended } = await scheduler.step(at);
    for (const { id, state, detail, total, progress } of ended)
      log[state === "stopped" ? "error" : "info"]({ replay: id, state, detail, total, ...progress }, "replay.ended");
    const overdue = await scheduler.overdue(new Date(at.getTime() - replayOverdueMs), at);
    const unconsumed = await replayer.withdrawUnconsumed(
      overdue.filter(({ updatedAt }) => at.getTime() - updatedAt.getTime() > replayUnconsumedMs),
      queueUnconsumedMs,
    );
    const deadLetters = [...released, ...overdue.filter(({ id }) => !unconsumed.includes(id))];
    const { completed, unknownQueue } = await replayer.requeue(deadLetters);
    for (const deadLetter of deadLetters)
      if (completed.includes(deadLetter.id)) await scheduler.resolveDone(deadLetter);
    // During a rolling update this worker may not know a queue that newer workers consume. It returns only what it
    // released itself, and leaves the overdue dead letters of that queue to them.
    const ofUnknownQueue = released.filter(({ id }) => unknownQueue.includes(id));
    for (const deadLetter of [...ofUnknownQueue, ...overdue.filter(({ id }) => unconsumed.includes(id))]) {
      log.warn({ deadLetter: deadLetter.id, queue: deadLetter.queue }, "replay.no_queue");
      await scheduler.markDead(deadLetter);
    }
  }

  const loop = startLoop(
    replayStepMs,
    () => step(),
    (error) => log.warn({ err: error }, "replay.step_failed"),
  );
  return {
    async stop() {
      await loop.stop();
      await replayer.close();
    },
  };
}
