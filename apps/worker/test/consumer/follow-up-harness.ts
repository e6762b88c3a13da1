import { type EventHandler, type FollowUp, systemNow, uuidv7, written } from "@millrace/core";
import { assignAccounts, createInbox, isOutage } from "@millrace/db";
import { createQueueReader, queueDefinition } from "@millrace/queue";
import { createFollowUpQueue } from "../../src/follow-ups.ts";
import { createEventProcessor } from "../../src/capabilities/inbound/event.ts";
import { localFetchPorts } from "../harness/local-deps.ts";
import { openQueueHarness } from "../harness/queue-harness.ts";

/** Each event requests a chat action in a group, which is a follow-up job. */
const handler: EventHandler = {
  handle: (event) =>
    written({
      fact: "send_requested",
      to: {
        owner: { provider: "fake", noun: "account", externalId: "1" },
        channel: "whatsapp",
        accountId: "fake",
        threadId: "fake",
        kind: "group",
        person: undefined,
      },
      at: new Date(event.receivedAt),
      request: { id: event.id, action: "typing" },
    }),
};

/**
 * A queue of jobs with follow-up jobs.
 * @param before runs before follow-up jobs are enqueued; it prevents that by throwing
 */
export async function openFollowUpHarness(
  databaseUrl: string,
  queueUrl: string,
  before: (followUps: readonly FollowUp[]) => void,
) {
  const events = await openQueueHarness(databaseUrl, queueUrl, "inbound");
  const { database, backend, log } = events;
  await assignAccounts(database.orm, [{ provider: "fake", externalId: "1", tenantName: "Test" }], uuidv7);
  const followUps = createFollowUpQueue(backend, systemNow);
  const outbound = queueDefinition("whatsapp", "outbound");
  const reader = createQueueReader(backend, [outbound]);
  const queue = backend.queue(outbound.name);
  const { process } = createEventProcessor({
    handler,
    inbox: createInbox(database, uuidv7),
    followUps: {
      ...followUps,
      enqueue(origin, jobs) {
        before(jobs);
        return followUps.enqueue(origin, jobs);
      },
    },
    isOutage,
    ports: localFetchPorts(database, log.log),
  });
  return {
    /** The queue of the events. */
    events,
    followUps,
    /** Finds follow-up jobs. */
    reader,
    /** The queue of the follow-up jobs. */
    queue,
    startConsumer: () => events.startConsumer(process),
    async close() {
      await followUps.close();
      await reader.close();
      await queue.close();
      await events.close();
    },
  };
}
