import { BaseAdapter } from "@bull-board/api/dist/queueAdapters/base.js";
import type { JobCounts, JobStatus, QueueJob, QueueMetrics, Status } from "@bull-board/api/typings/app";
import type { DeadLetterState } from "@millrace/core";
import type { DeadLetter, DeadLetterList } from "@millrace/db";
import { ChangeRejectedError } from "./change-rejected-error.ts";
import { type DeadLetterActions, deadLetterJob } from "./dead-letter-job.ts";

/** The name of the dead letters among Bull Board's queues. */
export const DEAD_LETTERS = "dead-letters";

const STATUSES: JobStatus[] = ["failed", "active", "completed"];

/** The states of a dead letter that each status of Bull Board shows. */
const STATES: Partial<Record<JobStatus, readonly DeadLetterState[]>> = {
  failed: ["dead"],
  active: ["replaying"],
  completed: ["resolved", "discarded"],
};

/** The table of dead letters as a queue of Bull Board. It reads Postgres only, never BullMQ. */
export class DeadLetterAdapter extends BaseAdapter {
  readonly #deadLetters: DeadLetterList;
  readonly #actions: DeadLetterActions;

  constructor(deadLetters: DeadLetterList, actions: DeadLetterActions) {
    // The type "bullmq" would make Bull Board query the adapter's flows, which need a BullMQ queue.
    super("bull", {
      allowCompletedRetries: false,
      description:
        "Jobs that will not run again by themselves. Retry replays a job. The bin discards it. Logs shows its earlier failures.",
    });
    this.#deadLetters = deadLetters;
    this.#actions = actions;
    // While Postgres is not available, the board hides the dead letters and still shows the queues.
    this.setVisibilityGuard(() =>
      deadLetters.ofJob("", "").then(
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
    const { dead, replaying, resolved, discarded } = await this.#deadLetters.counts();
    const none = { waiting: 0, "waiting-children": 0, prioritized: 0, delayed: 0, paused: 0 };
    return { ...none, failed: dead, active: replaying, completed: resolved + discarded };
  }

  async getJobs(statuses: JobStatus[], start = 0, end = 99): Promise<QueueJob[]> {
    const states = statuses.flatMap((status) => STATES[status] ?? []);
    const found = await this.#deadLetters.list(states, { offset: start, limit: end - start + 1 });
    return found.map((deadLetter) => deadLetterJob(deadLetter, this.#actions));
  }

  /** Finds a dead letter by its own id, its job's id or its event's id. */
  async getJob(id: string): Promise<QueueJob | undefined> {
    const deadLetter = await this.#deadLetters.find(id);
    return deadLetter && deadLetterJob(deadLetter, this.#actions);
  }

  /** One line per failure of the job, oldest first. */
  async getJobLogs(id: string): Promise<string[]> {
    const deadLetter = await this.#deadLetters.find(id);
    return deadLetter ? failuresOf(deadLetter).map(logLine) : [];
  }

  /** Discards every dead letter in state dead. The row stays until its retention ends. */
  async clean(status: string): Promise<void> {
    if (status !== "failed")
      throw new ChangeRejectedError("Only failed jobs can be discarded; retention deletes the completed ones");
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

  /** "Pause all" calls this for every queue, so it must not fail. Dead letters have no consumer to pause. */
  pause(): Promise<void> {
    return Promise.resolve();
  }
  resume(): Promise<void> {
    return Promise.resolve();
  }

  addJob(): Promise<never> {
    return reject();
  }
  empty(): Promise<never> {
    return reject();
  }
  obliterate(): Promise<never> {
    return reject();
  }
  promoteAll(): Promise<never> {
    return reject();
  }
  removeJobScheduler(): Promise<never> {
    return reject();
  }
  updateJobScheduler(): Promise<never> {
    return reject();
  }
  runJobSchedulerNow(): Promise<never> {
    return reject();
  }
  setGlobalConcurrency(): Promise<never> {
    return reject();
  }
}

function reject(): Promise<never> {
  return Promise.reject(new ChangeRejectedError("Dead letters are not a queue: replay, edit or discard them"));
}

function failuresOf({ history, failedAt, errorKind, error, attempts }: DeadLetter) {
  return [...history, { at: failedAt.toISOString(), errorKind, error, attempts }];
}

function logLine({ at, errorKind, error, attempts }: ReturnType<typeof failuresOf>[number]): string {
  return `${new Date(at).toISOString()} after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}, ${errorKind}: ${error}`;
}
