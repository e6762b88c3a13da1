import { setTimeout as wait } from "node:timers/promises";
import type { Now, Outbound, OutgoingMessage } from "@millrace/core";
import type { RateLimits } from "@millrace/db";

/** What tells when a message may leave. */
type Departures = { adapter: Pick<Outbound, "limits">; limits: RateLimits; ports: { now: Now } };

/** Longest that a message stands and waits for its moment to leave, in ms. */
const STAND_MS = 2_000;

/** How late a message may leave, in ms: those that are later would leave together with those behind them. */
const LATE_MS = 50;

/** How often a message that is late asks for another moment. When even that takes too long, it goes. */
const MOMENTS = 3;

/**
 * Has a message stand until the platform's limits let it leave; or says when they do, where that is too long to stand.
 *
 * A message has its place in the limits before its job wakes, but it wakes behind all the jobs that wait, and its row is
 * read first: many can be late, and would leave in one moment. So whatever leaves is held to the limits once more, as
 * the last thing before its call.
 *
 * A moment that is too far off is given back, and the message asks anew when it comes: were it kept and another taken
 * then, each waking would move it on by another interval, for ever. For the same reason one that is late takes no
 * second moment where the next is longer off than it may stand.
 */
export async function standUntilItLeaves(
  { adapter, limits, ports }: Departures,
  message: OutgoingMessage,
  signal: AbortSignal,
): Promise<Date | undefined> {
  let leaving = adapter.limits(message).map((limit) => ({ ...limit, scope: `${limit.scope}/leaving` }));
  for (let moment = 1; ; moment++) {
    const leavesAt = await limits.reserve(leaving, ports.now());
    const standMs = leavesAt.getTime() - ports.now().getTime();
    if (standMs > STAND_MS) {
      await limits.giveBack(leaving);
      return leavesAt;
    }
    if (standMs > 0) await wait(standMs, undefined, { signal });
    if (ports.now().getTime() - leavesAt.getTime() <= LATE_MS || moment === MOMENTS) return undefined;
    leaving = leaving.filter(({ intervalMs }) => intervalMs <= STAND_MS);
  }
}
