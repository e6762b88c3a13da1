import { withDeadline } from "@millrace/core";

/** How long a write may take, in ms. Health probes wait a second or a little longer. */
const DEADLINE_MS = 1_000;

/** How long the result of a write is valid, in ms. Several load balancers may ask every process many times a second. */
const VALID_MS = 1_000;

/**
 * Creates a check that rejects unless a write to the store succeeds within a second. A server that is read-only, full or
 * not synced still responds to reads and to `PING`. All calls within a second share one write.
 * @param now a clock in ms that never goes back
 */
export function createWriteCheck(write: () => Promise<unknown>, now: () => number): () => Promise<void> {
  let last: { at: number; result: Promise<void> } | undefined;
  return () => {
    if (last === undefined || now() - last.at >= VALID_MS)
      last = { at: now(), result: withDeadline(write(), DEADLINE_MS).then(() => undefined) };
    return last.result;
  };
}
