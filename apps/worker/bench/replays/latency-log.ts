import { createLogger, type Logger } from "@millrace/core";

/** What the worker says of a job of the live stream. */
type Attempted = { correlationId?: string; waitedMs?: number; durationMs?: number };

/** A log that keeps how long live events took, from the queue to their commit, in ms. */
export function latencyLog(): { log: Logger; take(): number[] } {
  const log = createLogger("bench", "warn");
  let latencies: number[] = [];
  return {
    log: Object.assign(Object.create(log) as Logger, {
      info({ correlationId, waitedMs = 0, durationMs = 0 }: Attempted, message: string) {
        if (message === "job.attempted" && correlationId?.startsWith("bench")) latencies.push(waitedMs + durationMs);
      },
    }),
    take() {
      const taken = latencies;
      latencies = [];
      return taken;
    },
  };
}
