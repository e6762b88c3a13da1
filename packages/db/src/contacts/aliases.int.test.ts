import { eq } from "drizzle-orm";
import { type FactOf, type Identity, personalDataReader, uuidv7 } from "@millrace/core";
import { expect, test } from "vitest";
import { AT, inboundText, newThread, useFacts } from "../../test/facts.ts";
import { createDeadLetters } from "../dead-letters/record.ts";
import { createErasures } from "../erasure/erasures.ts";
import { deadLetters } from "../schema/index.ts";
import { findMergedRow } from "./merged-row.ts";
import { findContacts, matchContacts } from "./search.ts";

const { database, apply, conversationsOf } = useFacts();
const reader = personalDataReader({ parties: [], partyIds: [], foreign: [], depth: 0, impersonal: [] });
const erasures = createErasures(database, uuidv7, new Map([["test", reader]]));
const BY = { actor: "Bea", reason: "asked for it" };

/** A contact with a conversation on WhatsApp, where the thread has the contact's id. */
async function newContact() {
  const identity: Identity = { channel: "whatsapp", externalId: `NL.${uuidv7()}`, stable: true };
  const owner = { provider: "whatsapp", noun: "number", externalId: "1065" };
  const person = { identities: [identity], profile: { name: "Ada" } } as const;
  const thread = { ...newThread(), owner, channel: "whatsapp", accountId: "1065", threadId: undefined, person };
  await apply(inboundText(thread));
  const [id = ""] = await matchContacts(database, `whatsapp:${identity.externalId}`);
  const [conversation] = await conversationsOf(id);
  return { id, conversationId: conversation?.id ?? "", identity, owner };
}

type Contact = Awaited<ReturnType<typeof newContact>>;

const join = (previous: Contact, current: Contact): FactOf<"identities_joined"> => ({
  fact: "identities_joined",
  owner: current.owner,
  previous: [previous.identity],
  current: { identities: [current.identity], profile: {} },
});

/** Merges three contacts into the first, the last two of them first. */
async function merged() {
  const [first, second, third] = [await newContact(), await newContact(), await newContact()];
  await apply(join(second, third));
  await apply(join(first, second));
  return { survivor: first, others: [second, third] };
}

test("17: a search and a trace by the id of a merged contact find the one that it became", async () => {
  const { survivor, others } = await merged();
  for (const { id } of others) {
    expect(await matchContacts(database, id)).toEqual([survivor.id]);
    expect(await findContacts(database, id)).toMatchObject([{ id: survivor.id, name: "Ada" }]);
    expect(await findMergedRow(database, id)).toEqual({ kind: "contact", id, mergedInto: survivor.id });
  }
});

test("17: an erasure by the id of a merged contact erases the one that it became, and no id leads to it", async () => {
  for (const which of [0, 1]) {
    const { survivor, others } = await merged();
    const named = others[which]?.id ?? "";
    expect((await erasures.preview(named, false))?.erasure.contactId).toBe(survivor.id);
    // A job that names the conversation of a merged contact is about the person too.
    const jobs = others.map(({ conversationId }) => conversationId);
    for (const jobId of jobs) {
      const job = {
        queue: "whatsapp-outbound",
        jobId,
        integration: "whatsapp",
        eventId: jobId,
        kind: "act",
        attempts: 1,
      };
      const failure = { errorKind: "permanent", error: "broken", correlationId: "c", receivedAt: AT, failedAt: AT };
      await createDeadLetters(database, uuidv7).record({ ...job, ...failure, payload: { conversationId: jobId } });
    }
    const begun = await erasures.begin(named, BY);
    if (!begun) throw new Error("the contact is not found");
    expect(begun.contactId).toBe(survivor.id);
    const erasure = await erasures.eraseContact(begun);
    await erasures.eraseOtherRows(erasure);
    await erasures.end(erasure, { files: 0, jobs: 0 });
    for (const jobId of jobs) {
      const [row] = await database.orm.select().from(deadLetters).where(eq(deadLetters.jobId, jobId));
      expect(row).toMatchObject({ state: "discarded", payload: { erased: true } });
    }
    for (const { id, conversationId } of others) {
      expect(await matchContacts(database, id)).toEqual([]);
      for (const one of [id, conversationId]) expect(await findMergedRow(database, one)).toBeUndefined();
    }
    expect(await erasures.isErased(survivor.id)).toBe(true);
  }
});
