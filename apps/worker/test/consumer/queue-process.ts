import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { QueueRole } from "@millrace/core";

const QUEUE_WORKER = fileURLToPath(new URL("./queue-worker.ts", import.meta.url));

/** A consumer process of one queue. See queue-worker.ts. */
export type QueueProcess = {
  /** The ids of the jobs that it reported. */
  reported: readonly string[];
  /** Resolves with the next id that it reports. */
  nextReport(): Promise<string>;
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  /** Kills it with SIGKILL and waits for its exit. */
  kill(): Promise<void>;
};

/** Starts a consumer process of the fake integration's queue with a role. */
export function startQueueProcess(stores: { databaseUrl: string; queueUrl: string }, role: QueueRole): QueueProcess {
  const child: ChildProcess = fork(QUEUE_WORKER, [stores.databaseUrl, stores.queueUrl, role]);
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const reported: string[] = [];
  child.on("message", (id: string) => reported.push(id));
  return {
    reported,
    nextReport: () => new Promise((resolve) => child.once("message", resolve)),
    signal: (name) => child.kill(name),
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
