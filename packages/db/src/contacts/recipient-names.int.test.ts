import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { openConversations } from "../../test/conversations.ts";
import { messages } from "../schema/index.ts";
import { createSendStates } from "../messages/send-state.ts";

let talks: Awaited<ReturnType<typeof openConversations>>;

beforeAll(async () => {
  talks = await openConversations();
});

afterAll(() => talks.close());

test("whom a message went to under another name is the same person, also when they wrote under it before", async () => {
  const talk = await talks.meet();
  const { tenantId, channel, accountId } = talk.thread;
  const written = { channel, externalId: `stable-${tenantId}`, stable: true } as const;
  const told = { channel, externalId: `55${tenantId}`, stable: false } as const;
  const stranger = await talks.write(async (stores) => {
    const contactId = await stores.contacts.resolve(tenantId, [told], {});
    const thread = { tenantId, channel, accountId, contactId, threadId: contactId, kind: "direct" } as const;
    return { thread, id: await stores.conversations.open(thread, { at: talks.clock.at, byUser: true }) };
  });
  await talks.hear(stranger.value, "Hello from under my other name");
  const [id = "", next = ""] = await talks.say(talk, "one", "two");
  const recipient = [told, written] as const;
  await talks.write((stores) => stores.outbox.markSent(id, { externalId: uuidv7(), recipient }, talks.clock.at));
  const rows = await talks.database.orm.select().from(messages).where(eq(messages.tenantId, tenantId));
  const sent = rows.find((row) => row.id === id);
  expect(sent?.status).toBe("sent");
  expect(rows.map(({ body }) => body)).toEqual(
    expect.arrayContaining(["Hello from under my other name", "one", "two"]),
  );
  expect(new Set(rows.map(({ conversationId }) => conversationId)).size).toBe(1);
  expect((await createSendStates(talks.database).find(next))?.message.recipients).toContainEqual({
    externalId: told.externalId,
    stable: false,
  });
});
