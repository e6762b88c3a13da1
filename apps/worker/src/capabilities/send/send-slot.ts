import { setTimeout as wait } from "node:timers/promises";
import type { Now, Outbound, OutgoingMessage } from "@millrace/core";
import type { RateLimits } from "@millrace/db";

/** Dependencies of {@link waitForSendSlot}. */
type SendSlotDeps = { adapter: Pick<Outbound, "limits">; limits: RateLimits; ports: { now: Now } };

/** Longest that a job occupies its worker while it waits for its send slot, in ms. */
const LONGEST_WAIT_MS = 2_000;

/** How late a message may use its send slot, in ms. A later one would be sent together with the messages behind it. */
const LATE_MS = 50;

/** How many send slots a late message reserves at most. After the last one it is sent although it is late. */
const MAX_SLOTS = 3;

/**
 * Waits until the platform's limits allow the message. If that takes longer than the job may occupy its worker, returns
 * how long in ms, without waiting.
 *
 * A message has a send slot before its job runs, but the job runs behind all waiting jobs and reads its row first. Many
 * messages can be late and would be sent at once. So each message reserves a second slot right before its call, in a
 * scope of its own.
 *
 * A slot that is too far off is released, and the message reserves again when it runs at that time. If it kept the slot
 * and then reserved another, each run would move it by one interval for ever. For the same reason a late message does
 * not reserve again in a limit with an interval longer than the wait.
 */
export async function waitForSendSlot(
  { adapter, limits, ports }: SendSlotDeps,
  message: OutgoingMessage,
  signal: AbortSignal,
): Promise<number | undefined> {
  let reserved = adapter.limits(message).map((limit) => ({ ...limit, scope: `${limit.scope}/leaving` }));
  for (let slots = 1; ; slots++) {
    const askedAt = ports.now().getTime();
    const waitMs = await limits.reserve(reserved);
    if (waitMs > LONGEST_WAIT_MS) {
      await limits.release(reserved);
      return waitMs;
    }
    // The slot counts from the request, so that a slow answer of Postgres makes the message late.
    const slotAt = askedAt + waitMs;
    if (slotAt > ports.now().getTime()) await wait(slotAt - ports.now().getTime(), undefined, { signal });
    if (ports.now().getTime() - slotAt <= LATE_MS || slots === MAX_SLOTS) return undefined;
    reserved = reserved.filter(({ intervalMs }) => intervalMs <= LONGEST_WAIT_MS);
  }
}
