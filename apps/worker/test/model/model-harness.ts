import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type QueueStore, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";
import type { WorkerTestTimings } from "../harness/conversation-worker.ts";
import type { WorkerProcessOptions } from "./worker-process.ts";

const WORKER_PROCESS = fileURLToPath(new URL("./worker-process.ts", import.meta.url));

/** How long the platform has to report an uncertain send, in ms: much longer than the recovery of a killed worker's jobs. */
export const RECONCILE_MS = 6_000;

const TIMINGS: WorkerTestTimings = { reconcileMs: RECONCILE_MS };

/** Longer than a job's lock and the check for stalled jobs, in ms. */
const FROZEN_MS = 3_500;

/** In place of random numbers: retries and pauses wait close to their minimum. */
const RANDOM = 0.05;

/** How long a message travels to the platform, in ms. No takeover may commit during that time. */
const TRAVEL_MS = 30;

/** An attempt to send a message, as it arrives at the platform. */
type Arrival = {
  messageId: string;
  /** The epoch of the AI turn for an AI answer, and the epoch that the conversation had committed by then. */
  turnEpoch: number | null;
  epoch: number;
  /** The caller disconnected before it arrived. */
  gone: boolean;
};

/** When a worker returned its running jobs to the queue: it may not have recorded their results. */
type Restart = { from: Date; to: Date };

/** See {@link openModelHarness}. */
export type ModelHarness = Awaited<ReturnType<typeof openModelHarness>>;

/**
 * Two workers between the sandbox and the stores; one runs in a process that can be killed. One harness serves any
 * number of runs, each with its own conversations.
 */
export async function openModelHarness(store: QueueStore) {
  const arrivals: Arrival[] = [];
  const conversations = await openConversationHarness(store, {
    variables: { N8N_GATHER_MS: "20", N8N_ANSWER_TIMEOUT_MS: "1000" },
    answers: false,
    beforeRequest: recordArrival,
    random: () => RANDOM,
  });
  let worker = conversations.startWorker(TIMINGS);
  const restarts: Restart[] = [];
  let frozen = Promise.resolve();
  let workerProcess = startProcess();

  /** Records a message that arrives at the platform, before the sandbox handles it. */
  async function recordArrival(request: Request): Promise<void> {
    if (!/\/(?:messages|sendMessage)$/.test(new URL(request.url).pathname)) return;
    const body = (await request.json()) as { biz_opaque_callback_data?: string; text?: unknown };
    const { biz_opaque_callback_data: id, text } = body;
    await wait(TRAVEL_MS);
    const where = id === undefined ? `m.channel = 'telegram' and m.body = '${String(text)}'` : `m.id = '${id}'`;
    const [row] = await conversations.rows.rows<Omit<Arrival, "gone">>(
      `select m.id as "messageId", case when m.author = 'ai' then m.epoch end as "turnEpoch", c.epoch
       from messages m join conversations c on c.id = m.conversation_id
       where m.direction = 'outbound' and ${where}`,
    );
    if (row) arrivals.push({ ...row, gone: request.signal.aborted });
  }

  function startProcess(): Promise<ChildProcess> {
    const { databaseUrl, queueUrl, environment } = conversations;
    const options: WorkerProcessOptions = { databaseUrl, queueUrl, environment, timings: TIMINGS, random: RANDOM };
    const child = fork(WORKER_PROCESS, [JSON.stringify(options)]);
    return new Promise((resolve, reject) => {
      child.once("message", () => resolve(child));
      child.once("exit", () => reject(new Error("the worker process ended before it was ready")));
    });
  }

  async function kill(): Promise<void> {
    const child = await workerProcess;
    const ended = child.exitCode ?? child.signalCode;
    if (ended !== null) throw new Error(`the worker process ended by itself with ${ended}`);
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  return {
    ...conversations,
    /** Every attempt to send, in the order of arrival. */
    arrivals: arrivals as readonly Arrival[],
    /** Every restart of the other worker, in order. */
    restarts: restarts as readonly Restart[],
    ready: () => workerProcess,
    /** Kills the worker process and starts another. */
    async crash(): Promise<void> {
      await kill();
      workerProcess = startProcess();
      workerProcess.catch(() => undefined);
    },
    /** Freezes the worker process until its jobs have gone to the other worker; then it goes on. */
    async freeze(): Promise<void> {
      const child = await workerProcess;
      child.kill("SIGSTOP");
      frozen = wait(FROZEN_MS).then(() => {
        child.kill("SIGCONT");
      });
    },
    /** Restarts the other worker without a deadline, so that its running jobs are returned to the queue. */
    async restart(): Promise<void> {
      const from = new Date();
      await worker.stop(0);
      restarts.push({ from, to: new Date() });
      worker = conversations.startWorker(TIMINGS);
    },
    /** Removes the remaining faults and releases the statuses that the sandbox holds back. */
    async endFaults(): Promise<void> {
      await fetch(`${conversations.sandboxUrl}/_faults`, { method: "DELETE" });
      await this.releaseStatuses();
    },
    /** Makes the sandbox send the statuses that it holds back. */
    async releaseStatuses(): Promise<void> {
      await fetch(`${conversations.sandboxUrl}/_statuses/release`, { method: "POST" });
    },
    /** Waits until no job is unfinished and each failed job has its dead letter; runs `meanwhile` at each check. */
    async waitUntilIdle(meanwhile: () => Promise<void>): Promise<void> {
      await frozen;
      let quiet = 0;
      await until(
        "no job is unfinished",
        async () => {
          await meanwhile();
          const { unfinished, failed } = await conversations.jobCounts();
          const [deadLetters] = await conversations.rows.rows<{ count: number }>(
            "select count(*)::int from millrace.dead_letters",
          );
          quiet = unfinished === 0 && deadLetters?.count === failed ? quiet + 1 : 0;
          return quiet === 4;
        },
        60_000,
      );
    },
    async close(): Promise<void> {
      await kill();
      await conversations.close();
    },
  };
}
