import type { Logger } from "@millrace/core";
import { startLoop } from "./loop.ts";

/** Dependencies of {@link runWhileMigrated}. */
export type MigratedDeps = {
  /** Counts the migrations of this version that are not applied; rejects while Postgres does not answer. */
  countPending(): Promise<number>;
  /** Starts the work. */
  start(): { stop(): Promise<void> };
  log: Logger;
  /** How often to count, in ms. */
  everyMs?: number;
};

/** Work that runs only while Postgres has the tables that it needs. */
export type MigratedWork = {
  /** Why the work does not run; undefined while it runs. */
  waitsFor(): string | undefined;
  stop(): Promise<void>;
};

/**
 * Runs work while all migrations are applied. It stops the work when the database is replaced by an older one, and
 * starts it again once the migrations are applied. While Postgres does not answer, the work goes on if it runs: its jobs
 * wait by themselves.
 */
export function runWhileMigrated({ countPending, start, log, everyMs = 5_000 }: MigratedDeps): MigratedWork {
  let running: ReturnType<typeof start> | undefined;
  let reason: string | undefined = "Postgres has not reported its migrations yet";
  let isWaiting = false;
  let isAnswering = true;

  const loop = startLoop(
    everyMs,
    async (stopping) => {
      const pending = await countPending();
      isAnswering = true;
      if (stopping.aborted) return;
      if (pending > 0) {
        reason = `${pending} migrations are not applied: run millrace migrate`;
        if (!isWaiting) log.error({ pending, alert: true }, "worker.waits_for_migrations");
        isWaiting = true;
        const ended = running;
        running = undefined;
        await ended?.stop();
      } else if (!running) {
        running = start();
        reason = undefined;
        isWaiting = false;
        log.info({}, "worker.started");
      }
    },
    (error) => {
      if (isAnswering) log.warn({ err: error }, "worker.migrations_unknown");
      isAnswering = false;
    },
  );
  return {
    waitsFor: () => reason,
    async stop() {
      await loop.stop();
      await running?.stop();
    },
  };
}
