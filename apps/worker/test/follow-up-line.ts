import type { EventHandler, FollowUp } from "@millrace/core";
import { assignAccounts, createInbox, isOutage, accountStore } from "@millrace/db";
import { createQueueReader, queueDefinition } from "@millrace/queue";
import { createFollowUpQueue } from "../src/follow-ups.ts";
import { createProcessor } from "../src/processors/event.ts";
import { openLine } from "./line.ts";
import { localParts } from "./local-parts.ts";

/** Each event has an action done in a group, by a job of its own. */
const handler: EventHandler = {
  callsProvider: false,
  scopes: () => [],
  handle: async (event) => async (stores) => {
    const tenantId = await stores.accounts.tenantOf("probe", "account", "1");
    const place = { tenantId, channel: "whatsapp", accountId: "probe", threadId: "probe" } as const;
    const activity = { at: new Date(event.receivedAt), byUser: false };
    const conversationId = await stores.conversations.open({ ...place, kind: "group" }, activity);
    await stores.outbox.act({ id: event.id, conversationId, action: "typing" });
    return { result: "written" };
  },
};

/** A line whose jobs have others follow; `before` is told of those before they are enqueued, and may prevent it. */
export async function openFollowUpLine(
  databaseUrl: string,
  queueUrl: string,
  before: (followUps: readonly FollowUp[]) => void,
) {
  const line = await openLine(databaseUrl, queueUrl, "inbound");
  const parts = localParts(line.database);
  await assignAccounts(line.database.orm, [{ provider: "probe", externalId: "1", tenantName: "Test" }], parts.newId);
  const followUps = createFollowUpQueue(line.backend, parts.now);
  const outbound = queueDefinition("whatsapp", "outbound");
  const reader = createQueueReader(line.backend, [outbound]);
  const queue = line.backend.queue(outbound.name);
  const { process } = createProcessor({
    handler,
    inbox: createInbox(line.database, parts.newId),
    followUps: {
      ...followUps,
      enqueue(origin, following) {
        before(following);
        return followUps.enqueue(origin, following);
      },
    },
    isOutage,
    ports: { ...parts, log: line.log.log, accounts: accountStore(line.database.orm) },
  });
  return {
    line,
    followUps,
    /** Where the jobs that follow are. */
    reader,
    /** Their queue. */
    queue,
    work: () => line.work(process),
    async close() {
      await followUps.close();
      await reader.close();
      await queue.close();
      await line.close();
    },
  };
}
