import type { Environment, Integration } from "@millrace/core";
import { createEventStatuses, type EventStatuses } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { createQueueReader, queueCatalogue, type QueueBackend } from "@millrace/queue";
import { printJson } from "../print.ts";
import { withStores } from "../stores.ts";

/** Number of events of one integration by status. Each accepted event counts once. */
type StatusCounts = { waiting: number; inFlight: number; done: number; dead: number; discarded: number };

/** `millrace status` */
export async function printStatus(environment: Environment, { json }: { json?: true }): Promise<void> {
  const counts = await withStores(environment, async ({ database, backend }) => {
    const statuses = createEventStatuses(database);
    const rows = await Promise.all(
      integrations.map(
        async (integration) => [integration.id, await countEvents(backend, statuses, integration)] as const,
      ),
    );
    return Object.fromEntries(rows);
  });
  if (json) printJson({ integrations: counts });
  else console.table(counts);
}

/**
 * Reads the queue first and Postgres second. Events move in this direction, so no event is missed between the two reads.
 * An event in both counts as Postgres records it, unless a dead one is in the queue again.
 */
async function countEvents(
  backend: QueueBackend,
  statuses: EventStatuses,
  integration: Integration,
): Promise<StatusCounts> {
  const reader = createQueueReader(backend, queueCatalogue([integration]));
  try {
    const places = await reader.states();
    const { statuses: recorded, ...ended } = await statuses.countsWithStatuses(integration.id, [...places.keys()]);
    const counts = { waiting: 0, inFlight: 0, ...ended };
    for (const [eventId, place] of places) {
      const status = recorded.get(eventId);
      if (status === "done" || status === "discarded") continue;
      if (place === "failed") counts.dead += status === "dead" ? 0 : 1;
      else {
        counts[place] += 1;
        if (status === "dead") counts.dead -= 1;
      }
    }
    return counts;
  } finally {
    await reader.close();
  }
}
