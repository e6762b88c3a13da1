import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { useConversations } from "../../test/conversations.ts";
import { conversations, conversionUploads, domainEvents, leads } from "../schema/index.ts";
import { createErasures } from "./erasures.ts";

const BY = { actor: "Bea", reason: "asked for it" };

const harness = useConversations();
const erasures = createErasures(harness.database, uuidv7, new Map());

test("an erasure removes clicks, rejects pending conversions and keeps the value of uploaded ones", async () => {
  const conversation = await harness.open();
  const { tenantId } = conversation.thread;
  const click = { kind: "gclid", id: `click-${tenantId}` } as const;
  const sale = { accountId: "1", actionId: "1", click, convertedAt: "2026-03-01T08:00:00Z", value: "9.50" };
  const leadFields = { isTest: false, answers: {}, consents: {}, submittedAt: harness.clock.at, payload: {} };
  await harness.write(async (stores) => {
    await stores.conversations.open(conversation.thread, { at: harness.clock.at, byUser: true, click });
    await stores.leads.add({
      tenantId,
      contactId: conversation.thread.contactId ?? "",
      source: "Meta",
      externalId: tenantId,
      click,
      ...leadFields,
    });
  });
  const { orm } = harness.database;
  const [lead] = await orm.select().from(leads).where(eq(leads.tenantId, tenantId));
  const of = { lead: { leadId: lead?.id ?? "" }, conversation: { conversationId: conversation.id }, nobody: {} };
  await harness.write(async (stores) => {
    for (const [name, owner] of Object.entries(of))
      for (const held of [undefined, "switched_off"] as const) {
        const transactionId = `${tenantId}-${name}-${held === undefined}`;
        const consent = { consent: {}, eventSource: "WEB" };
        await stores.conversions.add({
          integration: "google",
          ...sale,
          ...consent,
          ...owner,
          tenantId,
          transactionId,
          held,
        });
      }
  });
  const isSent = eq(conversionUploads.transactionId, `${tenantId}-lead-true`);
  await orm.update(conversionUploads).set({ status: "sent" }).where(isSent);
  const erasure = await erasures.begin(conversation.thread.contactId ?? "", BY);
  if (erasure) await erasures.eraseContact(erasure);
  const rows = await orm
    .select()
    .from(conversionUploads)
    .where(eq(conversionUploads.tenantId, tenantId))
    .orderBy(conversionUploads.transactionId);
  const erased = { payload: { erased: true }, value: "9.500000" };
  expect(rows).toMatchObject([
    { ...erased, status: "rejected", error: "erased" },
    { ...erased, status: "rejected", error: "erased" },
    { ...erased, status: "rejected", error: "erased" },
    { ...erased, status: "sent", error: null },
    { status: "held", payload: { click } },
    { status: "queued", payload: { click } },
  ]);
  const left = [
    ...(await orm.select().from(leads).where(eq(leads.tenantId, tenantId))),
    ...(await orm.select().from(conversations).where(eq(conversations.tenantId, tenantId))),
  ];
  expect(left).toHaveLength(2);
  for (const row of left) expect(row).toMatchObject({ clickKind: null, clickId: null });
});

test("18: an erasure empties the domain events about the contact's rows, and no others", async () => {
  const { orm } = harness.database;
  const [conversation, other] = [await harness.open(), await harness.open()];
  for (const { id, thread } of [conversation, other])
    await orm.insert(domainEvents).values({
      id: uuidv7(),
      tenantId: thread.tenantId,
      type: "conversation.won",
      subjectId: id,
      payload: { sale: { transactionId: "A" } },
    });
  const erasure = await erasures.begin(conversation.thread.contactId ?? "", BY);
  if (erasure) await erasures.eraseOtherRows(erasure);
  const payloadOf = async (subjectId: string) =>
    (await orm.select().from(domainEvents).where(eq(domainEvents.subjectId, subjectId))).map(({ payload }) => payload);
  expect(await payloadOf(conversation.id)).toEqual([{ erased: true }]);
  expect(await payloadOf(other.id)).toEqual([{ sale: { transactionId: "A" } }]);
});
