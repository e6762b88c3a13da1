import { asc, gt } from "drizzle-orm";
import { type DomainEvent, type Fact, type LeadFact, uuidv7, written } from "@millrace/core";
import { expect, test } from "vitest";
import { AT, inboundText, newEvent, newThread, useFacts } from "../../test/facts.ts";
import { createPauses } from "../flow-control/pauses.ts";
import { createEventStatuses } from "../inbox/event-status.ts";
import { createInbox } from "../inbox/inbox.ts";
import { domainEvents } from "../schema/index.ts";

const { database, apply, open, tenantOf } = useFacts();

/** The domain events that `work` appends, in their sequence. */
async function appendedBy(work: () => Promise<unknown>) {
  const of = () => database.orm.select().from(domainEvents).orderBy(asc(domainEvents.sequence));
  const last = (await of()).at(-1)?.sequence ?? 0n;
  await work();
  return of().where(gt(domainEvents.sequence, last));
}

const summaryOf = (events: readonly { type: string; subjectId: string }[]) =>
  events.map(({ type, subjectId }) => `${type} ${subjectId}`);

function lead(): LeadFact {
  const { owner, person } = newThread();
  if (!person) throw new Error("no person");
  const answers = { answers: {}, consents: {}, payload: {} };
  return {
    fact: "lead",
    owner,
    person,
    lead: { source: "Meta", externalId: uuidv7(), isTest: false, submittedAt: AT, ...answers },
  };
}

test("an inbound message appends one domain event of its tenant, which names the rows and no personal data", async () => {
  const [event, ...others] = await appendedBy(() => open());
  expect(others).toEqual([]);
  expect(event).toMatchObject({ type: "message.received", tenantId: await tenantOf("Mill") });
  const payload = event?.payload as Record<string, unknown>;
  expect(payload).toMatchObject({ channel: "telegram", type: "text" });
  expect(Object.keys(payload).toSorted()).toEqual(["channel", "contactId", "conversationId", "type"]);
});

test("a takeover and a hand-back append one domain event each, and a repetition none", async () => {
  const { id } = await open();
  const change = (mode: "human" | "ai", second: number): Fact => {
    const at = new Date(AT.getTime() + second * 1000);
    return { fact: "mode", change: { conversationId: id, mode, actor: "Bea", at } };
  };
  const events = await appendedBy(async () => {
    for (const fact of [change("human", 1), change("human", 2), change("ai", 3)]) await apply(fact);
  });
  expect(summaryOf(events)).toEqual([`conversation.taken_over ${id}`, `conversation.handed_back ${id}`]);
  expect(events.map(({ payload }) => payload)).toEqual([{ epoch: 1 }, { epoch: 2 }]);
});

test("a status appends a domain event only if it moves the message forward", async () => {
  const thread = newThread();
  const { owner, channel, accountId } = thread;
  const sent = inboundText(thread);
  const { externalId } = sent.message;
  await apply({ ...sent, message: { ...sent.message, direction: "outbound", status: "sent" } });
  const status = (name: "delivered" | "read" | "sent"): Fact => {
    return { fact: "status", owner, channel, accountId, externalId, status: name, at: AT, payload: {} };
  };
  const events = await appendedBy(async () => {
    for (const name of ["read", "delivered", "sent"] as const) await apply(status(name));
  });
  expect(events.map(({ type, payload }) => [type, (payload as { status: string }).status])).toEqual([
    ["message.status_changed", "read"],
  ]);
});

test("3: a redelivery appends no domain event", async () => {
  const inbox = createInbox(database, uuidv7);
  const event = newEvent();
  const fact = lead();
  const events = await appendedBy(async () => {
    for (const attempt of [fact, fact]) await inbox.applyOnce(event, written(attempt));
  });
  expect(events.map(({ type }) => type)).toEqual(["lead.created"]);
});

test("an event that fails leaves no domain event", async () => {
  const unknown = { conversationId: uuidv7(), mode: "human", actor: "Bea", at: AT } as const;
  const events = await appendedBy(() => apply(lead(), { fact: "mode", change: unknown }).catch(() => undefined));
  expect(events).toEqual([]);
});

test("a scope that an operator must act on appends a domain event once, and a rate limit none", async () => {
  const pauses = createPauses(database, uuidv7);
  const scope = `whatsapp:${uuidv7()}`;
  const events = await appendedBy(async () => {
    await pauses.set({ scope: `${scope}:chat`, kind: "rate_limited", reason: "too many", waitMs: 0 });
    for (const reason of ["payment due", "payment due"]) await pauses.set({ scope, kind: "paused", reason, waitMs: 0 });
  });
  expect(events).toMatchObject([
    { type: "account.paused", subjectId: scope, tenantId: null, payload: { reason: "payment due" } },
  ]);
});

test("a subscriber gets a job for each domain event, a redelivery of the cause returns it again, and its status names it", async () => {
  const react = ({ subjectId }: DomainEvent<"lead.created">) => ({
    id: `reaction.${subjectId}`,
    kind: "reaction",
    payload: {},
  });
  const subscribers = [{ integration: "google", subscriptions: { "lead.created": react } }];
  const inbox = createInbox(database, uuidv7, { now: () => AT, media: new Set(), formats: [], subscribers });
  const event = newEvent();
  const { followUps } = await inbox.applyOnce(event, written(lead()));
  expect(followUps).toMatchObject([{ integration: "google", role: "inbound", kind: "reaction" }]);
  expect(await inbox.applyOnce(event, written())).toMatchObject({ result: "duplicate", followUps });
  const found = await createEventStatuses(database).find(event.integration, event.id);
  expect(found?.followUps).toEqual(followUps.map(({ id }) => id));
});
