import type { DomainEvent } from "@millrace/core";
import { subscribedJobs } from "../../domain-events/subscriptions.ts";
import type { AppliedEvent } from "../../inbox/inbox.ts";
import type { BatchContext } from "./batch-context.ts";
import { claimEvents, recordFollowUps } from "../claims.ts";
import { appendBatch } from "./domain-events.ts";
import { addMessages } from "./messages.ts";
import type { PlainEvent } from "./plain-event.ts";
import { applySettings } from "../settings.ts";
import type { Transaction } from "../statement.ts";
import { addStatuses, findKnownStatuses } from "./statuses.ts";
import { findThreads } from "./threads.ts";

/**
 * Applies events in one transaction with a constant number of statements. Returns the results of the events that it
 * applied, by their places. The others are not plain after all, or are no longer new: nothing of them is written.
 * @throws any error; then nothing is written
 */
export async function applyBatch(
  tx: Transaction,
  context: BatchContext,
  events: readonly PlainEvent[],
): Promise<ReadonlyMap<number, AppliedEvent>> {
  const placed = events.map((event, place) => ({ ...event, place, id: context.newId() }));
  const withMessage = placed.flatMap(({ place, message }) => (message ? [{ place, message }] : []));
  const withStatus = placed.flatMap(({ place, status }) => (status ? [{ place, status }] : []));
  const [, threads, knownStatuses] = await Promise.all([
    applySettings(tx),
    findThreads(tx, withMessage),
    findKnownStatuses(tx, withStatus),
  ]);
  const known = placed.filter(
    ({ place, message, status }) => (!message || threads.has(place)) && (!status || knownStatuses.has(place)),
  );
  if (known.length === 0) return new Map();
  const claimed = await claimEvents(tx, known);
  const applied = known.filter(({ id }) => claimed.has(id));

  const messages = applied.flatMap(({ place, event, message }) => {
    const thread = threads.get(place);
    return message && thread ? [{ place, event, message, thread }] : [];
  });
  const statuses = applied.flatMap(({ place, status }) => (status ? [{ place, status }] : []));
  const effects = new Map([
    ...(await addMessages(tx, context, messages)),
    ...(await addStatuses(tx, context.newId, statuses)),
  ]);

  const results = applied.map(({ place, id }) => {
    const { domainEvents = [], followUps = [] } = effects.get(place) ?? {};
    return { place, id, domainEvents, followUps: [...followUps, ...subscribedJobs(context.subscribers, domainEvents)] };
  });
  const domainEvents: DomainEvent[] = results.flatMap((result) => result.domainEvents);
  await Promise.all([appendBatch(tx, context.newId, domainEvents), recordFollowUps(tx, results)]);
  return new Map(results.map(({ place, followUps }) => [place, { result: "written", followUps, pauses: [] }]));
}
