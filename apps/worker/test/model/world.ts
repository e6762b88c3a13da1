import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type QueueStore, until } from "@millrace/testing";
import { openConversations } from "../conversations-setup.ts";
import type { QuickTimings } from "../conversations-worker.ts";
import type { WorkerOrder } from "./worker-process.ts";

const WORKER_PROCESS = fileURLToPath(new URL("./worker-process.ts", import.meta.url));

/** How long the platform may take to tell of an uncertain send; well above what a killed worker's jobs take to go on. */
export const RECONCILE_MS = 6_000;

const TIMINGS: QuickTimings = { reconcileMs: RECONCILE_MS };

/** Longer than a lock lasts, until it is seen to be over. */
const FROZEN_MS = 3_500;

/** Retries and holds wait their shortest but for this part of the rest. */
const RANDOM = 0.05;

/** How long a message is on its way to the platform: a takeover must not come in between. */
const TRAVEL_MS = 30;

/** An attempt to send a message, as it arrives at the platform. */
type Arrival = {
  messageId: string;
  /** When the AI was asked for it, where it is the AI's; and the conversation's own epoch as committed by then. */
  askedIn: number | null;
  epoch: number;
  /** Its caller was gone before it arrived. */
  gone: boolean;
};

/** While a worker was lost, for good or for a while: what it was about to record may not have been. */
type Loss = { from: Date; to: Date };

/** Two workers, one of them in a process of its own that can be killed, between the sandbox and the stores. */
export type World = Awaited<ReturnType<typeof openWorld>>;

/** Opens one world for any number of runs; each takes conversations of its own. */
export async function openWorld(store: QueueStore) {
  const arrivals: Arrival[] = [];
  const conversations = await openConversations(store, {
    variables: { N8N_GATHER_MS: "20", N8N_ANSWER_TIMEOUT_MS: "1000" },
    answers: false,
    arriving: note,
    random: () => RANDOM,
  });
  let worker = conversations.work(TIMINGS);
  const losses: Loss[] = [];
  let frozen = Promise.resolve();
  let killable = startProcess();

  /** Looks up the message of a request when it arrives, before the sandbox takes it. */
  async function note(request: Request): Promise<void> {
    if (!/\/(?:messages|sendMessage)$/.test(new URL(request.url).pathname)) return;
    const body = (await request.json()) as { biz_opaque_callback_data?: string; text?: unknown };
    const { biz_opaque_callback_data: id, text } = body;
    await wait(TRAVEL_MS);
    const which = id === undefined ? `m.channel = 'telegram' and m.body = '${String(text)}'` : `m.id = '${id}'`;
    const [row] = await conversations.rows.rows<Omit<Arrival, "gone">>(
      `select m.id as "messageId", case when m.author = 'ai' then m.epoch end as "askedIn", c.epoch
       from messages m join conversations c on c.id = m.conversation_id
       where m.direction = 'outbound' and ${which}`,
    );
    if (row) arrivals.push({ ...row, gone: request.signal.aborted });
  }

  function startProcess(): Promise<ChildProcess> {
    const { databaseUrl, queueUrl, environment } = conversations;
    const order: WorkerOrder = { databaseUrl, queueUrl, environment, timings: TIMINGS, random: RANDOM };
    const child = fork(WORKER_PROCESS, [JSON.stringify(order)]);
    return new Promise((resolve, reject) => {
      child.once("message", () => resolve(child));
      child.once("exit", () => reject(new Error("the worker's process ended before it was ready")));
    });
  }

  async function kill(): Promise<void> {
    const child = await killable;
    const from = new Date();
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    losses.push({ from, to: new Date() });
  }

  return {
    ...conversations,
    /** Every attempt to send, in the order of arrival. */
    arrivals: arrivals as readonly Arrival[],
    /** Every loss of a worker, in the order they began. */
    losses: losses as readonly Loss[],
    ready: () => killable,
    /** Kills a worker in the middle of whatever it does; another is started. */
    async crash(): Promise<void> {
      await kill();
      killable = startProcess();
      killable.catch(() => undefined);
    },
    /** Stops a worker for so long that its jobs are given to another; then it goes on where it was. */
    async freeze(): Promise<void> {
      const child = await killable;
      const from = new Date();
      child.kill("SIGSTOP");
      losses.push({ from, to: new Date(from.getTime() + FROZEN_MS) });
      frozen = wait(FROZEN_MS).then(() => {
        child.kill("SIGCONT");
      });
    },
    /** Stops a worker as a new version is rolled out, without patience: what it was at is given back. */
    async restart(): Promise<void> {
      const from = new Date();
      await worker.stop(0);
      losses.push({ from, to: new Date() });
      worker = conversations.work(TIMINGS);
    },
    /** Orders what is left to go wrong taken back, and tells what was held back. */
    async heal(): Promise<void> {
      await fetch(`${conversations.sandboxUrl}/_faults`, { method: "DELETE" });
      await this.tellStatuses();
    },
    /** Has the sandbox tell the statuses that it held back. */
    async tellStatuses(): Promise<void> {
      await fetch(`${conversations.sandboxUrl}/_statuses/release`, { method: "POST" });
    },
    /** Waits until nothing is left to do and each failed job has its dead letter; `meanwhile` is done over and over. */
    async settle(meanwhile: () => Promise<void>): Promise<void> {
      await frozen;
      let quiet = 0;
      await until(
        "nothing is left to do",
        async () => {
          await meanwhile();
          const { unfinished, failed } = await conversations.jobs();
          const [letters] = await conversations.rows.rows<{ count: number }>(
            "select count(*)::int from millrace.dead_letters",
          );
          quiet = unfinished === 0 && letters?.count === failed ? quiet + 1 : 0;
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
