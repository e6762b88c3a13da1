import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { useConversations } from "../../test/conversations.ts";
import { messages } from "../schema/index.ts";
import { createSendStates } from "../messages/send-state.ts";

const harness = useConversations();

test("a recipient's other identity belongs to the same contact, also after messages from it", async () => {
  const conversation = await harness.open();
  const { tenantId, channel, accountId } = conversation.thread;
  const written = { channel, externalId: `stable-${tenantId}`, stable: true } as const;
  const reported = { channel, externalId: `55${tenantId}`, stable: false } as const;
  const stranger = await harness.write(async (stores) => {
    const contactId = await stores.contacts.resolve(tenantId, [reported], {});
    const thread = { tenantId, channel, accountId, contactId, threadId: contactId, kind: "direct" } as const;
    return { thread, id: await stores.conversations.open(thread, { at: harness.clock.at, byUser: true }) };
  });
  await harness.receive(stranger.value, "Hello from under my other name");
  const [id = "", next = ""] = await harness.send(conversation, "one", "two");
  const recipient = [reported, written] as const;
  await harness.write((stores) => stores.outbox.markSent(id, { externalId: uuidv7(), recipient }, harness.clock.at));
  const rows = await harness.database.orm.select().from(messages).where(eq(messages.tenantId, tenantId));
  const sent = rows.find((row) => row.id === id);
  expect(sent?.status).toBe("sent");
  expect(rows.map(({ body }) => body)).toEqual(
    expect.arrayContaining(["Hello from under my other name", "one", "two"]),
  );
  expect(new Set(rows.map(({ conversationId }) => conversationId)).size).toBe(1);
  expect((await createSendStates(harness.database).find(next))?.message.recipients).toContainEqual({
    externalId: reported.externalId,
    stable: false,
  });
});
