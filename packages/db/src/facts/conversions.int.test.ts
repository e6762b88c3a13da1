import { eq } from "drizzle-orm";
import { type Click, type FactOf, uuidv7 } from "@millrace/core";
import { expect, test } from "vitest";
import { AT, inboundText, newThread, useFacts } from "../../test/facts.ts";
import { conversionUploads, domainEvents, leads } from "../schema/index.ts";

const { database, apply, open, tenantOf } = useFacts();

const click: Click = { kind: "wbraid", id: "c-2" };
const owner = { provider: "google", noun: "account", externalId: "5550001111" };

/** A conversion with a new transaction id. */
function conversion(changes: Partial<FactOf<"conversion">> = {}): FactOf<"conversion"> {
  const place = { transactionId: uuidv7(), accountId: "5550001111", actionId: "91", eventSource: "WEB" };
  const sale = { convertedAt: AT.toISOString(), value: "12.50", currency: "EUR", consent: {} };
  return {
    fact: "conversion",
    integration: "google",
    tenant: { owner },
    conversion: { ...place, ...sale, click },
    ...changes,
  };
}

async function readRow({ conversion: { transactionId } }: FactOf<"conversion">) {
  const of = eq(conversionUploads.transactionId, transactionId);
  return (await database.orm.select().from(conversionUploads).where(of))[0];
}

test("a conversion becomes a row of the tenant that owns the account, or of the named tenant", async () => {
  const tenantId = await tenantOf("Mill");
  for (const tenant of [{ owner }, { name: "Mill" }]) {
    const fact = conversion({ tenant });
    expect(await apply(fact)).toMatchObject({ result: "written" });
    expect(await readRow(fact)).toMatchObject({ tenantId, status: "queued", value: "12.500000", payload: { click } });
  }
  const unknown = apply(conversion({ tenant: { name: "Acme" } }));
  await expect(unknown).rejects.toMatchObject({ code: "no_tenant", next: { kind: "permanent" } });
});

test("a conversion that is held has the reason in its row and its outcome", async () => {
  const fact = conversion({ held: "switched_off" });
  expect(await apply(fact)).toMatchObject({ result: "written", detail: "held: switched_off" });
  expect(await readRow(fact)).toMatchObject({ status: "held", error: "switched_off" });
});

test("3: a conversion that exists changes nothing", async () => {
  const fact = conversion({ reportedBy: "won.91.abc" });
  await apply(fact);
  const before = await readRow(fact);
  expect(before).toMatchObject({ eventId: "won.91.abc" });
  const again = apply({ ...fact, held: "switched_off", reportedBy: "another" });
  expect(await again).toMatchObject({ result: "ignored", detail: "uploaded before" });
  expect(await readRow(fact)).toEqual(before);
});

const sale = { transactionId: "A", wonAt: AT.toISOString(), value: "149.90", currency: "EUR", consent: {} };

const wonEventsOf = (subjectId: string) =>
  database.orm.select().from(domainEvents).where(eq(domainEvents.subjectId, subjectId));

test("a won lead becomes a domain event with the consent boxes of the lead, and without its click", async () => {
  const { person } = newThread();
  if (!person) throw new Error("no person");
  const consents = { privacy: true, ad_user_data: true };
  const externalId = uuidv7();
  const lead = {
    source: "Meta",
    externalId,
    isTest: false,
    answers: {},
    consents,
    click,
    submittedAt: AT,
    payload: {},
  };
  await apply({ fact: "lead", owner: { provider: "meta", noun: "page", externalId: "51" }, person, lead });
  const [row] = await database.orm.select().from(leads).where(eq(leads.externalId, externalId));
  await apply({ fact: "won", subject: "lead", subjectId: row?.id ?? "", sale });
  const payload = { sale, consents, reportedBy: expect.any(String) as string };
  expect(await wonEventsOf(row?.id ?? "")).toMatchObject([
    { type: "lead.created" },
    { type: "lead.won", tenantId: row?.tenantId, payload },
  ]);
});

test("a won conversation becomes a domain event without personal data", async () => {
  const { id } = await open({ click });
  await apply({ fact: "won", subject: "conversation", subjectId: id, sale });
  const [event] = (await wonEventsOf(id)).filter(({ type }) => type === "conversation.won");
  expect(event?.payload).toEqual({ sale, consents: {}, reportedBy: expect.any(String) as string });
});

test.each(["lead", "conversation"] as const)("a won %s that does not exist fails with the reason", async (subject) => {
  const failure = { message: `there is no such ${subject}`, next: { kind: "permanent" } };
  await expect(apply({ fact: "won", subject, subjectId: uuidv7(), sale })).rejects.toMatchObject(failure);
});

test("9: the replay of a sale succeeds once its conversation has a click, and fails with the reason before", async () => {
  const { id, thread } = await open();
  const { conversion: place, ...rest } = conversion({ won: { subject: "conversation", subjectId: id } });
  const fact = { ...rest, conversion: { ...place, click: undefined } };
  const failure = { message: "the conversation has no click id", code: "no_click", next: { kind: "permanent" } };
  await expect(apply(fact)).rejects.toMatchObject(failure);
  await apply(inboundText(thread, { click }));
  expect(await apply(fact)).toMatchObject({ result: "written" });
  expect(await readRow(fact)).toMatchObject({ conversationId: id, payload: { click } });
});
