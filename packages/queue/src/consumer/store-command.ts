import { setTimeout as wait } from "node:timers/promises";
import type { AttemptDeps } from "./attempt-deps.ts";

/**
 * Runs a command that moves the job in the queue's store, again and again while the store refuses it: a full disk, a
 * missing grant or a timeout of the store would otherwise use one of the job's attempts. BullMQ's own errors have a
 * number as their code, for example when the job's lock is lost, and reject.
 */
export async function runStoreCommand(
  { timings, stopping }: Pick<AttemptDeps, "timings" | "stopping">,
  lockLost: AbortSignal | undefined,
  command: () => Promise<unknown>,
): Promise<void> {
  const signal = lockLost ? AbortSignal.any([stopping, lockLost]) : stopping;
  for (;;) {
    try {
      await command();
      return;
    } catch (error) {
      const isBullMq = error instanceof Error && "code" in error && typeof error.code === "number";
      if (isBullMq || signal.aborted) throw error;
      await wait(timings.outageMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
