import { createLogger, type Logger } from "@millrace/core";

/** Fields of the log event job.attempted. */
type AttemptFields = { correlationId?: string; waitedMs?: number; durationMs?: number };

/** A log that records the latencies of live events, from the queue to the commit, in ms. */
export function latencyLog(): { log: Logger; take(): number[] } {
  const log = createLogger("bench", "warn");
  let latencies: number[] = [];
  return {
    log: Object.assign(Object.create(log) as Logger, {
      info({ correlationId, waitedMs = 0, durationMs = 0 }: AttemptFields, message: string) {
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
