import { eq, inArray } from "drizzle-orm";
import { expect, test } from "vitest";
import { personalDataReader, uuidv7 } from "@millrace/core";
import { type TestConversation, useConversations } from "../../test/conversations.ts";
import { createDeadLetters } from "../dead-letters/record.ts";
import { contacts, deadLetters, webhookEvents } from "../schema/index.ts";
import { createErasures } from "./erasures.ts";

const BY = { actor: "Bea", reason: "asked for it" };

const harness = useConversations();
const reader = personalDataReader({ parties: ["from"], partyIds: [], foreign: [], depth: 2, impersonal: [] });
const erasures = createErasures(harness.database, uuidv7, new Map([["whatsapp", reader]]));

async function beginErasure(conversation: TestConversation) {
  const erasure = await erasures.begin(conversation.thread.contactId ?? "", BY);
  if (!erasure) throw new Error("the contact is not found");
  return erasure;
}

/** A job of a message from the person of a conversation. */
function jobOf({ thread }: TestConversation, receivedAt: Date) {
  const payload = { from: `stable-${thread.tenantId}` };
  return { integration: "whatsapp", account: undefined, ids: [], payload, receivedAt, isCompleted: false };
}

test("2: an erasure erases nothing before it is recorded, and an interrupted one erases the contact later", async () => {
  const conversation = await harness.open();
  const contact = () =>
    harness.database.orm
      .select()
      .from(contacts)
      .where(eq(contacts.id, conversation.thread.contactId ?? ""));
  await beginErasure(conversation);
  expect(await contact()).toHaveLength(1);
  const [interrupted] = await erasures.unfinished();
  if (!interrupted) throw new Error("the erasure is not recorded");
  expect(interrupted.isAbout(jobOf(conversation, new Date()))).toBe(true);
  const erased = await erasures.eraseContact(interrupted);
  expect(await contact()).toEqual([]);
  // It knows the person further, also when it is repeated.
  for (const again of [erased, ...(await erasures.unfinished())])
    expect((await erasures.eraseContact(again)).scope).toEqual(erased.scope);
  expect(await erasures.end(erased, { files: 0, jobs: 0 })).toMatchObject({ contacts: 1 });
});

test("2: an erasure that is completed late erases nothing that the person sent after it began", async () => {
  const conversation = await harness.open();
  const erasure = await erasures.eraseContact(await beginErasure(conversation));
  const after = (seconds: number) => new Date(erasure.begunAt.getTime() + seconds * 1_000);
  const isAbout = (seconds: number) => erasure.isAbout(jobOf(conversation, after(seconds)));
  expect([-3_600, 30, 90].map(isAbout)).toEqual([true, true, false]);
  const [before, later] = [uuidv7(), uuidv7()];
  for (const [eventId, seconds] of [
    [before, 30],
    [later, 90],
  ] as const) {
    const job = {
      queue: "whatsapp-inbound",
      jobId: eventId,
      eventId,
      kind: "message",
      attempts: 1,
      correlationId: "c",
    };
    const { payload, integration, account } = jobOf(conversation, after(seconds));
    const end = { errorKind: "permanent", error: "broken", receivedAt: after(seconds), failedAt: after(seconds) };
    await createDeadLetters(harness.database, uuidv7).record({ ...job, ...end, payload, integration, account });
  }
  const { orm } = harness.database;
  const name = `stable-${conversation.thread.tenantId}`;
  const isOfBoth = inArray(webhookEvents.eventId, [before, later]);
  await orm.update(webhookEvents).set({ detail: name }).where(isOfBoth);
  const created = { createdAt: after(90) };
  await orm.update(webhookEvents).set(created).where(eq(webhookEvents.eventId, later));
  await erasures.eraseOtherRows(erasure);
  const dead = await orm
    .select()
    .from(deadLetters)
    .where(inArray(deadLetters.eventId, [before, later]));
  const events = await orm.select().from(webhookEvents).where(isOfBoth);
  expect(dead.find(({ eventId }) => eventId === later)?.payload).toEqual({ from: name });
  expect(dead.find(({ eventId }) => eventId === before)?.payload).toEqual({ erased: true });
  expect(events.find(({ eventId }) => eventId === later)?.detail).toBe(name);
  expect(events.find(({ eventId }) => eventId === before)?.detail).toBeNull();
});
