import type { Environment, Integration } from "@millrace/core";
import { createEventStatuses, type EventStatuses } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { createQueueReader, queueCatalogue, type QueueBackend } from "@millrace/queue";
import { withStores } from "../stores.ts";
import { UsageError } from "../usage.ts";

/** Where an event is and what became of it. */
type Trace = {
  integration: string;
  eventId: string;
  state: "waiting" | "inFlight" | "done" | "dead";
  [detail: string]: unknown;
};

/** `millrace trace` */
export const trace = {
  usage: "trace <event id> … [--json]              tell where events are and what became of them",
  async run(args: string[], environment: Environment): Promise<void> {
    const eventIds = args.filter((arg) => !arg.startsWith("--"));
    if (eventIds.length === 0) throw new UsageError("which event?");
    const found = await withStores(environment, async ({ database, backend }) => {
      const ledger = createEventStatuses(database);
      const traces: Trace[] = [];
      for (const eventId of eventIds) {
        const perIntegration = integrations.map((integration) => traceEvent(backend, ledger, integration, eventId));
        traces.push(...(await Promise.all(perIntegration)).filter((entry) => entry !== undefined));
      }
      return traces;
    });
    const unknown = eventIds.filter((eventId) => !found.some((entry) => entry.eventId === eventId));
    if (args.includes("--json")) process.stdout.write(`${JSON.stringify(found)}\n`);
    else process.stdout.write(found.map(describe).join("\n"));
    if (unknown.length > 0) throw new Error(`never accepted: ${unknown.join(", ")}`);
  },
};

/** Looks an event up, in the queue first and in Postgres after it; undefined when neither knows it. */
async function traceEvent(
  backend: QueueBackend,
  ledger: EventStatuses,
  enabled: Integration,
  eventId: string,
): Promise<Trace | undefined> {
  const integration = enabled.id;
  const reader = createQueueReader(backend, queueCatalogue([enabled]));
  try {
    const { place, ...job } = await reader.find(eventId);
    const [event, deadLetters] = await Promise.all([
      ledger.find(integration, eventId),
      ledger.deadLetters(integration, eventId),
    ]);
    const conversion = event && (await ledger.conversion(eventId));
    const onItsWay = place === "waiting" || place === "inFlight" ? place : undefined;
    const state = event?.status === "done" ? "done" : (onItsWay ?? (event || place === "failed" ? "dead" : undefined));
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

function describe({ integration, eventId, state, ...details }: Trace): string {
  return `${integration} ${eventId}: ${state}\n${JSON.stringify(details, null, 2)}\n`;
}
