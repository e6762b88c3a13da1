import type { EventStatuses } from "@millrace/db";
import type { QueueReader } from "@millrace/queue";

/** Number of events of one integration by status, and whether each accepted event counts exactly once. */
export type CountedEvents = {
  counts: { waiting: number; inFlight: number; done: number; dead: number; discarded: number };
  isExact: boolean;
};

/** Up to how many unfinished jobs of an integration are compared with Postgres one by one. */
const MAX_COMPARED = 10_000;

/**
 * Reads the queue first and Postgres second. Events move in this direction, so no event is missed between the two reads.
 * An event in both counts as Postgres records it, unless a dead one is in the queue again.
 * @param exact compares all jobs and counts all events, which takes longer with each of them. Otherwise more than 10,000
 * jobs are counted by the queue's own counters, and more than 20,000 done events by Postgres's statistics
 */
export async function countEvents(
  reader: QueueReader,
  statuses: EventStatuses,
  integration: string,
  exact: boolean,
): Promise<CountedEvents> {
  const { waiting, inFlight, failed } = await reader.counts();
  const isCompared = exact || waiting + inFlight + failed <= MAX_COMPARED;
  const places: Awaited<ReturnType<QueueReader["states"]>> = isCompared ? await reader.states() : new Map();
  const read = await statuses.countsWithStatuses(integration, [...places.keys()], !exact);
  const { statuses: recorded, isExact, ...ended } = read;
  const counts = isCompared ? { waiting: 0, inFlight: 0, ...ended } : { waiting, inFlight, ...ended };
  for (const [eventId, place] of places) {
    const status = recorded.get(eventId);
    if (status === "done" || status === "discarded") continue;
    if (place === "failed") counts.dead += status === "dead" ? 0 : 1;
    else {
      counts[place] += 1;
      if (status === "dead") counts.dead -= 1;
    }
  }
  return { counts, isExact: isExact && isCompared };
}
