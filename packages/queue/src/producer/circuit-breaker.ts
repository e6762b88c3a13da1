import { QueueUnavailableError } from "./queue-unavailable-error.ts";

/** Whether the queue's store accepts jobs, as the last round trips of this process showed. */
export type Availability = "available" | "unavailable";

/** Rejects jobs at once while their store does not accept any, so that no caller waits for its timeout. */
export type CircuitBreaker = {
  /** Does nothing while the circuit is closed. While it is open, it lets one probe pass per interval. @throws QueueUnavailableError */
  admit(): void;
  /** Resolves or rejects like the round trip. A success closes the circuit. Several failures in a row open it. */
  observe(roundTrip: Promise<void>): Promise<void>;
};

/** How many round trips must fail in a row until the circuit opens. One slow response must not refuse other requests. */
const MAX_FAILURES = 3;

/** How often a request probes an open circuit, in ms. It is longer than a timeout, so that one probe runs at a time. */
const PROBE_INTERVAL_MS = 1_000;

/**
 * Creates a closed circuit for one store.
 * @param now a clock in ms that never goes back
 * @param onChange called once when the circuit opens and once when it closes
 */
export function createCircuitBreaker(
  now: () => number,
  onChange: (availability: Availability) => void,
): CircuitBreaker {
  let failures = 0;
  let probeAt: number | undefined;

  function close(): void {
    failures = 0;
    if (probeAt === undefined) return;
    probeAt = undefined;
    onChange("available");
  }

  function countFailure(): void {
    failures += 1;
    if (probeAt !== undefined || failures < MAX_FAILURES) return;
    probeAt = now() + PROBE_INTERVAL_MS;
    onChange("unavailable");
  }

  return {
    admit() {
      if (probeAt === undefined) return;
      if (now() < probeAt) throw new QueueUnavailableError("the queue did not accept the last events");
      probeAt = now() + PROBE_INTERVAL_MS;
    },
    async observe(roundTrip) {
      try {
        await roundTrip;
      } catch (error) {
        countFailure();
        throw error;
      }
      close();
    },
  };
}
