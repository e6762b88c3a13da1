import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { personalDataReader, uuidv7 } from "@millrace/core";
import { type TestConversation, useConversations } from "../../test/conversations.ts";
import { auditLog, contacts } from "../schema/index.ts";
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
function jobOf({ thread }: TestConversation) {
  const payload = { from: `stable-${thread.tenantId}` };
  return { integration: "whatsapp", account: undefined, ids: [], payload, isCompleted: false };
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
  expect(interrupted.isAbout(jobOf(conversation))).toBe(true);
  const erased = await erasures.eraseContact(interrupted);
  expect(await contact()).toEqual([]);
  // It still searches for the person, also when it is repeated.
  for (const again of [erased, ...(await erasures.unfinished())])
    expect((await erasures.eraseContact(again)).scope).toEqual(erased.scope);
  expect(await erasures.end(erased, { files: 0, jobs: 0 })).toMatchObject({ contacts: 1 });
});

test("2: two commands that complete the same erasure change nothing of each other", async () => {
  const conversation = await harness.open();
  const seen = await beginErasure(conversation);
  const [other] = (await erasures.unfinished()).filter(({ id }) => id === seen.id);
  if (!other) throw new Error("the erasure is not recorded");
  const erased = await erasures.eraseContact(other);
  expect((await erasures.eraseContact(seen)).scope).toEqual(erased.scope);
  expect(await erasures.end(erased, { files: 0, jobs: 0 })).toMatchObject({ contacts: 1 });
  await erasures.eraseContact(seen);
  const isOfErasure = eq(auditLog.id, seen.id);
  expect(await harness.database.orm.select().from(auditLog).where(isOfErasure)).toMatchObject([{ before: null }]);
});
