import type { Logger } from "@millrace/core";

/** How often everything is looked at, in ms. */
const EVERY_MS = 30_000;

/** Looks at everything now and then. */
export type Watcher = { stop(): Promise<void> };

/** Starts the rounds, one after the other. One that fails is logged, and the next one tries again. */
export function startWatcher(round: (stopping: AbortSignal) => Promise<void>, log: Logger): Watcher {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const go = () => {
    running ??= round(stopping.signal)
      .catch((error: unknown) => log.warn({ err: error }, "alerts.evaluation_failed"))
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(go, EVERY_MS);
  go();
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}
