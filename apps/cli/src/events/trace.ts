import type { Environment, Integration } from "@millrace/core";
import { createEventStatuses, type EventStatuses } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { createQueueReader, queueCatalogue, type QueueBackend } from "@millrace/queue";
import { withStores } from "../stores.ts";

/** The status of an event, and what the queue and Postgres record about it. */
type Trace = {
  integration: string;
  eventId: string;
  state: "waiting" | "inFlight" | "done" | "dead";
  [detail: string]: unknown;
};

/** `millrace trace` */
export async function printTraces(
  environment: Environment,
  { eventIds, json }: { eventIds: readonly string[]; json: true | undefined },
): Promise<void> {
  const traces = await withStores(environment, async ({ database, backend }) => {
    const statuses = createEventStatuses(database);
    const found: Trace[] = [];
    for (const eventId of eventIds) {
      const perIntegration = integrations.map((integration) => traceEvent(backend, statuses, integration, eventId));
      found.push(...(await Promise.all(perIntegration)).filter((trace) => trace !== undefined));
    }
    return found;
  });
  process.stdout.write(json ? `${JSON.stringify(traces)}\n` : traces.map(formatTrace).join("\n"));
  const unknown = eventIds.filter((eventId) => !traces.some((trace) => trace.eventId === eventId));
  if (unknown.length > 0) throw new Error(`neither the queue nor Postgres has these events: ${unknown.join(", ")}`);
}

/** Finds an event in the queue first and in Postgres second, as events move. Undefined if neither has it. */
async function traceEvent(
  backend: QueueBackend,
  statuses: EventStatuses,
  definition: Integration,
  eventId: string,
): Promise<Trace | undefined> {
  const integration = definition.id;
  const reader = createQueueReader(backend, queueCatalogue([definition]));
  try {
    const { place, ...job } = await reader.find(eventId);
    const [event, deadLetters] = await Promise.all([
      statuses.find(integration, eventId),
      statuses.deadLetters(integration, eventId),
    ]);
    const conversion = event && (await statuses.conversion(eventId));
    const inQueue = place === "waiting" || place === "inFlight" ? place : undefined;
    const state = event?.status === "done" ? "done" : (inQueue ?? (event || place === "failed" ? "dead" : undefined));
    if (state === undefined) return undefined;
    return {
      integration,
      eventId,
      state,
      ...(place === "absent" ? {} : { job: { place, ...job } }),
      ...(event ? { event } : {}),
      ...(conversion ? { conversion } : {}),
      ...(deadLetters.length > 0 ? { deadLetters } : {}),
    };
  } finally {
    await reader.close();
  }
}

function formatTrace({ integration, eventId, state, ...details }: Trace): string {
  return `${integration} ${eventId}: ${state}\n${JSON.stringify(details, null, 2)}\n`;
}
