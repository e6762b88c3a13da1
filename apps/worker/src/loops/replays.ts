import { setTimeout as wait } from "node:timers/promises";
import type { Logger, Now } from "@millrace/core";
import type { ReplayScheduler } from "@millrace/db";
import type { Replayer } from "@millrace/queue";

/** Times of the replays in ms. */
export type ReplayTimings = {
  /** How often a running replay goes on; a letter that a person puts back starts within it. */
  replayStepMs: number;
  /** How long a letter replays before its job is looked for, in case it was never put back, or the queue lost it. */
  replayOverdueMs: number;
};

const DEFAULT_TIMINGS: ReplayTimings = { replayStepMs: 250, replayOverdueMs: 10_000 };

/** What replays are made of. */
export type ReplayParts = {
  lane: ReplayScheduler;
  replayer: Replayer;
  log: Logger;
  now: Now;
  timings?: Partial<ReplayTimings> | undefined;
};

/**
 * Does what the replays ask for: marks the letters whose turn it is, and puts their jobs into their queues. A worker
 * that dies in between leaves letters without a job; whichever worker comes next finds them overdue.
 */
export function startReplays({ lane, replayer, log, now, timings }: ReplayParts): { stop(): Promise<void> } {
  const { replayStepMs, replayOverdueMs } = { ...DEFAULT_TIMINGS, ...timings };
  const stopping = new AbortController();

  async function step(): Promise<void> {
    const at = now();
    const { released, ended } = await lane.step(at);
    for (const { id, state, detail, total, progress } of ended)
      log[state === "stopped" ? "error" : "info"]({ replay: id, state, detail, total, ...progress }, "replay.ended");
    const overdue = await lane.overdue(new Date(at.getTime() - replayOverdueMs), at);
    const letters = [...released, ...overdue];
    const { completed, unknownQueue } = await replayer.requeue(letters);
    for (const letter of letters) if (completed.includes(letter.id)) await lane.completeDone(letter);
    // A worker of an older version may not know a queue that others work on: what is under way there is left to them.
    for (const letter of released.filter(({ id }) => unknownQueue.includes(id))) {
      log.warn({ deadLetter: letter.id, queue: letter.queue }, "replay.no_queue");
      await lane.returnDead(letter);
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await step().catch((error: unknown) => log.warn({ err: error }, "replay.step_failed"));
      await wait(replayStepMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    await replayer.close();
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
