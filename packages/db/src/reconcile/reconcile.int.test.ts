import { eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { useConversations } from "../../test/conversations.ts";
import { createPausedJobs } from "../flow-control/paused-jobs.ts";
import { createPauses } from "../flow-control/pauses.ts";
import { aiTurns, messages, pauses, webhookEvents } from "../schema/index.ts";
import { dueTurns } from "./ai-turns.ts";
import { createFollowUpBacklog } from "./follow-ups.ts";
import { createUnfinishedMessages } from "./messages.ts";

const MINUTE = 60_000;
const ago = (ms: number) => new Date(Date.now() - ms);

describe("15: unfinished work", () => {
  const { database, open, send } = useConversations();

  test("is the first unsent message of each conversation that is old enough and in no recent attempt", async () => {
    const unfinished = createUnfinishedMessages(database);
    const found = async (age: { ageMs: number; attemptAgeMs: number }) =>
      (await unfinished.firstOfConversations(age)).rows.map(({ job }) => job.id).sort();
    const [one, two, three] = [await open(), await open(), await open()];
    const [a1 = "", a2 = ""] = await send(one, "first", "second");
    const [b1 = ""] = await send(two, "attempted");
    await send(three, "new");
    for (const id of [a1, a2, b1])
      await database.orm
        .update(messages)
        .set({ createdAt: ago(2 * MINUTE) })
        .where(eq(messages.id, id));
    await database.orm
      .update(messages)
      .set({ status: "sending", attemptedAt: ago(1_000) })
      .where(eq(messages.id, b1));
    expect(await found({ ageMs: MINUTE, attemptAgeMs: MINUTE })).toEqual([`send.${a1}`]);
    expect(await found({ ageMs: MINUTE, attemptAgeMs: 0 })).toEqual([`send.${a1}`, `send.${b1}`].sort());
    await database.orm.update(messages).set({ status: "failed" }).where(eq(messages.id, a1));
    expect(await found({ ageMs: MINUTE, attemptAgeMs: MINUTE })).toEqual([`send.${a2}`]);
  });

  test("is known to wait for a paused scope, and for its turn after the scope was resumed", async () => {
    const unfinished = createUnfinishedMessages(database);
    const [conversation, other] = [await open(), await open()];
    const [id = ""] = await send(conversation, "waits");
    await send(other, "does not wait");
    const waiting = async () => {
      const { rows } = await unfinished.firstOfConversations({ ageMs: 0, attemptAgeMs: 0 });
      const ofTest = rows.filter(({ conversationId }) => [conversation.id, other.id].includes(conversationId));
      return ofTest.filter(({ isPaused }) => isPaused).map(({ job }) => job.id);
    };
    const scope = `scope-${conversation.id}`;
    const setAge = (interval: string) =>
      database.orm.execute(sql.raw(`update millrace.paused_jobs set paused_at = now() - interval '${interval}'`));
    expect(await waiting()).toEqual([]);
    await createPausedJobs(database).add({ queue: "whatsapp-outbound", jobId: `send.${id}`, scope });
    await createPauses(database, uuidv7).set({ scope, kind: "unavailable", reason: "HTTP 503", waitMs: 0 });
    await setAge("2 hours");
    expect(await waiting()).toEqual([`send.${id}`]);
    await database.orm.delete(pauses);
    expect(await waiting()).toEqual([]);
    await setAge("1 minute");
    expect(await waiting()).toEqual([`send.${id}`]);
  });

  test("is found in pages, each conversation once", async () => {
    const unfinished = createUnfinishedMessages(database);
    const conversation = await open();
    await database.orm.execute(sql`
      with thread as (
        insert into conversations (id, tenant_id, case_id, channel, account_id, thread_id, kind, mode)
        select gen_random_uuid(), tenant_id, case_id, channel, account_id, 'page-' || place, 'group', 'human'
        from conversations, generate_series(1, 1200) as place where id = ${conversation.id} returning *)
      insert into messages (id, tenant_id, conversation_id, channel, account_id, direction, type, payload, status, position, sent_at, created_at)
      select gen_random_uuid(), tenant_id, id, channel, account_id, 'outbound', 'text', '{}', 'queued', place, now(), now() - interval '1 hour'
      from thread, generate_series(1, 2) as place`);
    const seen: string[] = [];
    for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
      const page = await unfinished.firstOfConversations({ ageMs: 30 * MINUTE, attemptAgeMs: 0 }, after);
      seen.push(...page.rows.map(({ conversationId }) => conversationId));
      after = page.next;
    }
    expect(seen).toHaveLength(1_200);
    expect(new Set(seen).size).toBe(1_200);
  });

  test("is an open AI turn with a dispatch, repeated dispatch or timeout that is due soon", async () => {
    const insert = async (turn: Partial<typeof aiTurns.$inferInsert>) => {
      const { id: conversationId, thread } = await open();
      const id = uuidv7();
      const columns = { id, tenantId: thread.tenantId, conversationId, epoch: 0, reason: "message" as const };
      const times = { openedAt: new Date(0), dispatchAt: new Date() };
      await database.orm.insert(aiTurns).values({ ...columns, ...times, state: "debouncing", ...turn });
      return `turn.${id}`;
    };
    const state = "awaiting_reply" as const;
    const due = [
      await insert({ dispatchAt: ago(2 * MINUTE) }),
      await insert({ state, dispatches: 0, dispatchedAt: ago(2 * MINUTE) }),
      await insert({ state, dispatches: 1, dispatchedAt: ago(5 * MINUTE) }),
    ];
    const soon = await insert({ dispatchAt: ago(-30_000) });
    await insert({ dispatchAt: ago(-2 * MINUTE) });
    await insert({ state, dispatches: 1, dispatchedAt: ago(MINUTE) });
    await insert({ state: "answered", dispatchAt: ago(5 * MINUTE) });
    const { rows } = await dueTurns(database, { integration: "n8n", answerTimeoutMs: 3 * MINUTE }, MINUTE);
    const jobs = rows.map(({ job }) => job);
    expect(jobs.map(({ id }) => id).sort()).toEqual([...due, soon].sort());
    expect(new Date(jobs.find(({ id }) => id === soon)?.notBefore ?? 0).getTime()).toBeGreaterThan(Date.now());
  });

  test("is a follow-up job without an end of its own event, apart from sends and AI turns", async () => {
    const backlog = createFollowUpBacklog(database);
    const job = (id: string, kind = "act", role = "outbound") => ({
      integration: "whatsapp",
      role,
      id,
      kind,
      payload: {},
    });
    const insert = async (followUps: unknown[]) => {
      const id = uuidv7();
      const event = {
        id,
        integration: "whatsapp",
        eventId: id,
        kind: "message",
        payloadHash: "",
        status: "done" as const,
      };
      await database.orm
        .insert(webhookEvents)
        .values({ ...event, correlationId: `c-${id}`, receivedAt: new Date(), followUps });
      return id;
    };
    const end = (eventId: string, status: "done" | "dead" | "discarded") =>
      database.orm.insert(webhookEvents).values({
        id: uuidv7(),
        integration: "whatsapp",
        eventId,
        kind: "act",
        payloadHash: "",
        status,
        correlationId: "c",
        receivedAt: new Date(),
      });
    const ended = ["done", "dead", "discarded"] as const;
    for (const status of ended) await end(`act.${status}`, status);
    // The report of a failed AI turn has no state of its own, although it is in the queue of the AI turns.
    const report = job("failure.1", "failure", "ai-turns");
    const pending = await insert([...ended.map((status) => job(`act.${status}`)), job("act.lost"), report]);
    await insert([job("send.1", "send"), job("turn.1", "turn", "ai-turns")]);
    await insert(ended.map((status) => job(`act.${status}`)));
    const [from, until] = [new Date(Date.now() - MINUTE), new Date(Date.now() + MINUTE)];
    const found = await backlog.inPeriod(from, until);
    expect(found).toEqual({
      rows: [{ id: pending, correlationId: `c-${pending}`, followUps: [job("act.lost"), report] }],
      next: undefined,
    });
    expect(await backlog.stillPending([pending])).toHaveLength(1);
    for (const id of ["act.lost", "failure.1"]) await end(id, "done");
    expect(await backlog.stillPending([pending])).toEqual([]);
    expect((await backlog.inPeriod(from, until)).rows).toEqual([]);
  });
});
