import type { Environment } from "@millrace/core";
import { createEventStatuses } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { createQueueReader, queueCatalogue } from "@millrace/queue";
import { printJson } from "../print.ts";
import { withStores } from "../stores.ts";
import { countEvents } from "./count-events.ts";

/** `millrace status` */
export async function printStatus(
  environment: Environment,
  { json, exact }: { json?: true; exact?: true },
): Promise<void> {
  const counted = await withStores(environment, async ({ database, backend }) => {
    const statuses = createEventStatuses(database);
    return Promise.all(
      integrations.map(async (integration) => {
        const reader = createQueueReader(backend, queueCatalogue([integration]));
        try {
          return { id: integration.id, ...(await countEvents(reader, statuses, integration.id, exact ?? false)) };
        } finally {
          await reader.close();
        }
      }),
    );
  });
  const counts = Object.fromEntries(counted.map((one) => [one.id, one.counts]));
  const estimated = counted.filter(({ isExact }) => !isExact).map(({ id }) => id);
  if (json) {
    printJson({ integrations: counts, estimated });
    return;
  }
  console.table(counts);
  if (estimated.length > 0)
    process.stdout.write(`the counts of ${estimated.join(", ")} are estimates: add --exact to count every event\n`);
}
