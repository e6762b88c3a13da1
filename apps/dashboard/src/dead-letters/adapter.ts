import { BaseAdapter } from "@bull-board/api/dist/queueAdapters/base.js";
import type { JobCounts, JobStatus, QueueJob, QueueMetrics, Status } from "@bull-board/api/typings/app";
import type { DeadLetterState } from "@millrace/core";
import type { DeadLetter, DeadLetterList } from "@millrace/db";
import { type LetterActions, letterJob } from "./dead-letter-job.ts";
import { Refusal } from "./refusal.ts";

/** The name that the dead letters have among the queues. */
export const DEAD_LETTERS = "dead-letters";

const STATUSES: JobStatus[] = ["failed", "active", "completed"];

/** Which of our states Bull Board's names stand for. */
const STATES: Partial<Record<JobStatus, readonly DeadLetterState[]>> = {
  failed: ["dead"],
  active: ["replaying"],
  completed: ["resolved", "discarded"],
};

const NOT_A_QUEUE = "the dead letters are no queue: they are looked at, replayed, edited and discarded";

/** The table of dead letters as a queue of Bull Board's. It needs nothing of what BullMQ keeps. */
export class DeadLetterAdapter extends BaseAdapter {
  readonly #letters: DeadLetterList;
  readonly #actions: LetterActions;

  constructor(letters: DeadLetterList, actions: LetterActions) {
    // What is "bullmq" is asked for its flows, by way of a queue of BullMQ's.
    super("bull", {
      allowCompletedRetries: false,
      description:
        "Jobs that were given up. Retry replays one; removing discards it. Its page tells how it died before.",
    });
    this.#letters = letters;
    this.#actions = actions;
    // The queues must be seen while Postgres is away.
    this.setVisibilityGuard(() =>
      letters.ofJob("", "").then(
        () => true,
        () => false,
      ),
    );
  }

  getName(): string {
    return DEAD_LETTERS;
  }
  getStatuses(): Status[] {
    return ["latest", ...STATUSES];
  }
  getJobStatuses(): JobStatus[] {
    return STATUSES;
  }

  async getJobCounts(): Promise<JobCounts> {
    const { dead, replaying, resolved, discarded } = await this.#letters.counts({});
    const none = { waiting: 0, "waiting-children": 0, prioritized: 0, delayed: 0, paused: 0 };
    return { ...none, failed: dead, active: replaying, completed: resolved + discarded };
  }

  async getJobs(statuses: JobStatus[], start = 0, end = 99): Promise<QueueJob[]> {
    const states = statuses.flatMap((status) => STATES[status] ?? []);
    const found = await this.#letters.list({}, states, { offset: start, limit: end - start + 1 });
    return found.map((letter) => letterJob(letter, this.#actions));
  }

  /** By its own id, or by that of its job or its event. */
  async getJob(id: string): Promise<QueueJob | undefined> {
    const letter = await this.#letters.find(id);
    return letter && letterJob(letter, this.#actions);
  }

  /** Each way in which its job has ended so far. */
  async getJobLogs(id: string): Promise<string[]> {
    const letter = await this.#letters.find(id);
    return letter ? endsOf(letter).map(lineOf) : [];
  }

  /** Gives up all that are dead; nothing is removed, and what is settled goes by its retention. */
  async clean(status: string): Promise<void> {
    if (status !== "failed") throw new Refusal("only what is dead is discarded; the rest goes by its retention");
    await this.#actions.replays.discard({}, { actor: this.#actions.actor() });
  }

  getMetrics(): Promise<QueueMetrics> {
    return Promise.resolve({ meta: { count: 0, prevTS: 0, prevCount: 0 }, data: [], count: 0 });
  }
  getRedisInfo(): Promise<null> {
    return Promise.resolve(null);
  }
  isPaused(): Promise<boolean> {
    return Promise.resolve(false);
  }
  getJobSchedulers(): Promise<[]> {
    return Promise.resolve([]);
  }
  getJobSchedulersCount(): Promise<number> {
    return Promise.resolve(0);
  }
  getGlobalConcurrency(): Promise<null> {
    return Promise.resolve(null);
  }

  /** "Pause all" asks every queue; nothing happens here. */
  pause(): Promise<void> {
    return Promise.resolve();
  }
  resume(): Promise<void> {
    return Promise.resolve();
  }

  addJob(): Promise<never> {
    return refuse();
  }
  empty(): Promise<never> {
    return refuse();
  }
  obliterate(): Promise<never> {
    return refuse();
  }
  promoteAll(): Promise<never> {
    return refuse();
  }
  removeJobScheduler(): Promise<never> {
    return refuse();
  }
  updateJobScheduler(): Promise<never> {
    return refuse();
  }
  runJobSchedulerNow(): Promise<never> {
    return refuse();
  }
  setGlobalConcurrency(): Promise<never> {
    return refuse();
  }
}

function refuse(): Promise<never> {
  return Promise.reject(new Refusal(NOT_A_QUEUE));
}

function endsOf({ history, failedAt, errorKind, error, attempts }: DeadLetter) {
  return [...history, { at: failedAt.toISOString(), errorKind, error, attempts }];
}

function lineOf({ at, errorKind, error, attempts }: ReturnType<typeof endsOf>[number]): string {
  return `${new Date(at).toISOString()} after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}, ${errorKind}: ${error}`;
}
