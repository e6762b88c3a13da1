import { setTimeout as wait } from "node:timers/promises";

/** Work that repeats until it is stopped. */
export type Loop = {
  /** Aborts the step that runs and resolves once it has ended. */
  stop(): Promise<void>;
};

/**
 * Runs a step at once, and again `everyMs` after each end.
 * @param onError receives the error of a step that rejects; the loop goes on
 */
export function startLoop(
  everyMs: number,
  step: (stopping: AbortSignal) => Promise<void>,
  onError: (error: unknown) => void,
): Loop {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await step(stopping.signal).catch(onError);
      await wait(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
