import type { Environment, Integration } from "@millrace/core";
import { createEventStatuses, type EventStatuses } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { createQueueReader, queueCatalogue, type QueueBackend } from "@millrace/queue";
import { withStores } from "../stores.ts";

/** Events of one integration: each accepted one is in exactly one of these. */
type Counts = { waiting: number; inFlight: number; done: number; dead: number };

/** `millrace status` */
export const status = {
  usage: "status [--json]                          count the events per integration",
  async run(args: string[], environment: Environment): Promise<void> {
    const counts = await withStores(environment, async ({ database, backend }) => {
      const ledger = createEventStatuses(database);
      const rows = await Promise.all(
        integrations.map(
          async (integration) => [integration.id, await countEvents(backend, ledger, integration)] as const,
        ),
      );
      return Object.fromEntries(rows);
    });
    if (args.includes("--json")) process.stdout.write(`${JSON.stringify({ integrations: counts })}\n`);
    else console.table(counts);
  },
};

/**
 * The queue is read first and Postgres after it, because events go that way: none slips by between the two, and one
 * that is seen in both is counted where Postgres has it, unless it is on its way again after its death.
 */
async function countEvents(backend: QueueBackend, ledger: EventStatuses, integration: Integration): Promise<Counts> {
  const reader = createQueueReader(backend, queueCatalogue([integration]));
  try {
    const places = await reader.states();
    const { done, dead, statuses: committed } = await ledger.countsWithStatuses(integration.id, [...places.keys()]);
    const counts = { waiting: 0, inFlight: 0, done, dead };
    for (const [eventId, place] of places) {
      const known = committed.get(eventId);
      if (known === "done") continue;
      if (place === "failed") counts.dead += known === "dead" ? 0 : 1;
      else {
        counts[place] += 1;
        if (known === "dead") counts.dead -= 1;
      }
    }
    return counts;
  } finally {
    await reader.close();
  }
}
