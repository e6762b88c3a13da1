import type { Environment, Integration } from "@millrace/core";
import { createEventStatuses, type EventStatuses, findMergedRow, type MergedRow } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { createQueueReader, queueCatalogue, type QueueBackend } from "@millrace/queue";
import { withStores } from "../stores.ts";

/** The status of an event, and what the queue and Postgres record about it. */
type Trace = {
  integration: string;
  eventId: string;
  state: "waiting" | "inFlight" | "done" | "dead" | "discarded";
  [detail: string]: unknown;
};

/** `millrace trace` */
export async function printTraces(
  environment: Environment,
  { ids, json }: { ids: readonly string[]; json: true | undefined },
): Promise<void> {
  const traces = await withStores(environment, async ({ database, backend }) => {
    const statuses = createEventStatuses(database);
    const found = new Map<string, (Trace | MergedRow)[]>();
    for (const id of ids) {
      const events = await tracesOf(backend, statuses, id);
      const known = events.length > 0 ? events : await tracesOfRequest(backend, statuses, id);
      const merged = known.length > 0 ? undefined : await findMergedRow(database, id);
      found.set(id, merged ? [merged] : known);
    }
    return found;
  });
  const all = [...traces.values()].flat();
  process.stdout.write(json ? `${JSON.stringify(all)}\n` : all.map(formatEntry).join("\n"));
  const unknown = ids.filter((id) => traces.get(id)?.length === 0);
  if (unknown.length > 0)
    throw new Error(
      `neither the queue nor Postgres has events with these ids: ${unknown.join(", ")}. ` +
        "A correlation id finds an event once the worker has handled it",
    );
}

/** Finds the events with an id, at most one per integration. */
async function tracesOf(
  backend: QueueBackend,
  statuses: EventStatuses,
  eventId: string,
  definitions: readonly Integration[] = integrations,
): Promise<Trace[]> {
  const traces = await Promise.all(definitions.map((one) => traceEvent(backend, statuses, one, eventId)));
  return traces.filter((trace) => trace !== undefined);
}

/** Finds the events of a request to ingest by its correlation id. */
async function tracesOfRequest(
  backend: QueueBackend,
  statuses: EventStatuses,
  correlationId: string,
): Promise<Trace[]> {
  const traces: Trace[] = [];
  for (const { integration, eventId } of await statuses.ofRequest(correlationId)) {
    const definitions = integrations.filter(({ id }) => id === integration);
    traces.push(...(await tracesOf(backend, statuses, eventId, definitions)));
  }
  return traces;
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
    const ended = event && event.status !== "dead" ? event.status : undefined;
    const state = ended ?? inQueue ?? (event || place === "failed" ? "dead" : undefined);
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

function formatEntry(entry: Trace | MergedRow): string {
  return "mergedInto" in entry ? formatMerged(entry as MergedRow) : formatTrace(entry);
}

function formatMerged({ kind, id, mergedInto }: MergedRow): string {
  return `${kind} ${id}: merged into ${mergedInto}\n`;
}

function formatTrace({ integration, eventId, state, ...details }: Trace): string {
  return `${integration} ${eventId}: ${state}\n${JSON.stringify(details, null, 2)}\n`;
}
