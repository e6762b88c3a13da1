import { expect } from "vitest";
import type { SentMessage } from "@millrace/sandbox";
import type { Chat, Run } from "./run.ts";
import { RECONCILE_MS } from "./model-harness.ts";

/** The rows and the traffic of a run after all work has ended. */
type Outcome = Awaited<ReturnType<typeof outcomeOf>>;

/** The row of an outbound message. */
type Row = {
  id: string;
  conversationId: string;
  author: string;
  body: string;
  status: string;
  externalId: string | null;
  position: number | null;
  turnId: string | null;
};

/** A status that the platform reported and Millrace applied. */
type ReportedStatus = { externalId: string; status: string; at: Date };

/** The longest time that a status waits in the queue, also when its worker is killed, in ms. */
const STATUS_DELAY_MS = 5_000;

/** How long after a send a restart of the worker can still prevent its record, in ms. */
const RECORD_MS = 2_000;

/** The states of a message that the platform accepted, in their order. */
const ACCEPTED_STATES = ["sent", "delivered", "read", "failed"];

/** Errors that the run provokes: a rejection, another text under a known key, an AI that does not answer, killed workers. */
const EXPECTED_ERRORS =
  /WhatsApp error 131009|Telegram reject|Idempotency-Key was used before|did not answer within [0-9.]+ s, twice|the job stalled three times/;

/** Checks the invariants of a run that has ended. */
export async function checkInvariants(run: Run): Promise<void> {
  const outcome = await outcomeOf(run);
  noEventVanished(run, outcome);
  inOrder(run, outcome);
  eachSentOnce(run, outcome);
  answeredOnce(outcome);
  statusesMatchReports(outcome);
  noAnswerAfterTakeover(run, outcome);
}

async function outcomeOf({ harness, chats, since }: Run) {
  const ids = chats.map(({ conversationId }) => `'${conversationId}'`).join();
  const rows = await harness.rows.rows<Row>(
    `select id, conversation_id as "conversationId", author, body, status, external_id as "externalId", position,
       ai_turn_id as "turnId"
     from messages where direction = 'outbound' and conversation_id in (${ids}) order by position`,
  );
  const turns = await harness.rows.rows<{ id: string; state: string; openedAt: number }>(
    `select id, state, (extract(epoch from created_at) * 1000)::float8 as "openedAt"
     from millrace.ai_turns where conversation_id in (${ids})`,
  );
  const events = await harness.rows.rows<{ name: string; status: string; deadLetters: number; error: string | null }>(
    `select e.integration || ' ' || e.event_id as name, e.status, e.error,
       (select count(*)::int from millrace.dead_letters d where d.integration = e.integration and d.event_id = e.event_id
         and d.state = 'dead') as "deadLetters"
     from millrace.webhook_events e`,
  );
  const eventsByName = new Map(events.map((event) => [event.name, event]));
  const eventOf = (integration: string, eventId: string) => eventsByName.get(`${integration} ${eventId}`);
  const sent = await harness.sent();
  const questions = await harness.questions();
  const accepted = harness.accepted.slice(since.events);
  const reported = accepted
    .filter((event) => event.kind === "status" && eventOf(event.integration, event.id)?.status === "done")
    .map(({ payload, at }): ReportedStatus => {
      const { status } = payload as { status: { id: string; status: string } };
      return { externalId: status.id, status: status.status, at };
    });
  const channelOf = (row: Row): Chat["channel"] =>
    chats.find(({ conversationId }) => conversationId === row.conversationId)?.channel ?? "whatsapp";
  const sendsOf = (row: Row): SentMessage[] =>
    sent.filter(({ channel, messageId, text }) =>
      channelOf(row) === "telegram" ? channel === "telegram" && text === row.body : messageId === row.id,
    );
  const sends = new Map(rows.map((row) => [row.id, sendsOf(row)]));
  const sentAgain = rows.filter(({ id }) => (sends.get(id) ?? []).length > 1);
  const stalled = await Promise.all(sentAgain.map(({ id }) => harness.hasStalled(`send.${id}`)));
  return {
    rows,
    turns,
    accepted,
    reported,
    sent,
    questions,
    stalledSends: new Set(sentAgain.filter((_, index) => stalled[index]).map(({ id }) => id)),
    channelOf,
    eventOf,
    sendsOf: ({ id }: Pick<Row, "id">) => sends.get(id) ?? [],
  };
}

/** 2, 8: every accepted event is done or dead, and a dead event has one dead letter with an expected error. */
function noEventVanished(
  { requests, answers, refused, unsure }: Run,
  { rows, turns, accepted, channelOf, eventOf }: Outcome,
) {
  const jobs = rows.filter(({ position }) => position !== null);
  const events = [...accepted, ...jobs.map((row) => ({ integration: channelOf(row), id: `send.${row.id}` }))];
  for (const { integration, id } of events) {
    const event = eventOf(integration, id);
    expect([event?.status, event?.deadLetters], `2, 8: ${integration} ${id}`).toEqual(
      event?.status === "dead" ? ["dead", 1] : ["done", 0],
    );
    if (event?.status === "dead") expect(event.error, "8: the error of the dead letter").toMatch(EXPECTED_ERRORS);
  }
  expect(rows.filter(({ status }) => ["queued", "sending"].includes(status))).toEqual([]);
  expect(turns.filter(({ state }) => ["debouncing", "awaiting_reply"].includes(state))).toEqual([]);
  for (const { chat, text, messageId, eventId } of requests)
    if (eventOf(chat.channel, eventId)?.status === "done")
      expect(rows, "2: an accepted request has its row").toContainEqual(
        expect.objectContaining({ id: messageId, body: text, conversationId: chat.conversationId }),
      );
  const known = new Set([...requests.map(({ text }) => text), ...[...answers.values()].flat(2), ...refused, ...unsure]);
  expect(rows.filter(({ body }) => !known.has(body))).toEqual([]);
}

/** 5: in each conversation the messages reach the platform in the order of their positions and of their requests. */
function inOrder({ chats, requests }: Run, { rows, sent, sendsOf }: Outcome) {
  for (const { conversationId } of chats) {
    const accepted = rows.filter((row) => row.conversationId === conversationId && row.externalId !== null);
    const firstSend = (id: string) => sent.findIndex((send) => sendsOf({ id })[0] === send);
    const byArrival = accepted.map(({ id }) => id).toSorted((one, two) => firstSend(one) - firstSend(two));
    expect(byArrival, "5: the order of the positions").toEqual(accepted.map(({ id }) => id));
    const requested = requests.map(({ messageId }) => messageId).filter((id) => accepted.some((row) => row.id === id));
    expect(
      byArrival.filter((id) => requested.includes(id)),
      "5: the order of the requests",
    ).toEqual([...new Set(requested)]);
  }
}

/** 3, 12: one row and one send each; a second send only if the platform may not have received the first. */
function eachSentOnce(
  { harness, since, answers, requests, refused }: Run,
  { rows, reported, stalledSends, eventOf, channelOf, sendsOf }: Outcome,
) {
  const restarts = harness.restarts.slice(since.restarts);
  expect(new Set(rows.map(({ body }) => body)).size, "3: one row each").toBe(rows.length);
  for (const [turnId, given] of answers) {
    const kept = rows.filter((row) => row.turnId === turnId).map(({ body }) => body);
    if (kept.length > 0)
      expect(
        given.map((texts) => texts.toSorted()),
        "3: one answer per AI turn",
      ).toContainEqual(kept.toSorted());
  }
  const deadRequest = requests.some(({ chat, eventId }) => eventOf(chat.channel, eventId)?.status === "dead");
  if (!deadRequest)
    expect(
      rows.filter(({ body }) => refused.includes(body)),
      "3: an Idempotency-Key that was used before",
    ).toEqual([]);

  for (const row of rows) {
    const sends = sendsOf(row);
    for (const [index, again] of sends.slice(1).entries()) {
      const before = sends.slice(0, index + 1);
      const at = Date.parse(again.at);
      for (const { fault, at: first, externalId } of before) {
        const sentAt = Date.parse(first);
        const wasReturned = restarts.some(
          ({ from, to }) => sentAt > from.getTime() - RECORD_MS && sentAt <= to.getTime(),
        );
        const lostWorker = wasReturned || stalledSends.has(row.id);
        expect(fault !== undefined || lostWorker, `3: sent again although the platform answered: ${row.body}`).toBe(
          true,
        );
        const reportedBefore = reported.filter(
          (status) => status.externalId === externalId && status.at.getTime() < at - STATUS_DELAY_MS,
        );
        expect(reportedBefore, `12: sent again although its status was reported: ${row.body}`).toEqual([]);
        if (channelOf(row) === "whatsapp")
          expect(at - Date.parse(first), "12: the time for a status to arrive").toBeGreaterThan(RECONCILE_MS - 1_000);
      }
    }
  }
}

/**
 * 3: every inbound message is answered once, also when the AI is asked again together with the next message. After a takeover,
 * an answer with an uncertain send counts as not sent if the platform did not report it in time. A hand-back then asks again.
 */
function answeredOnce({ rows, turns, questions, reported, sendsOf }: Outcome) {
  const opened = new Map(turns.map(({ id, openedAt }) => [id, openedAt]));
  const openedAt = (turnId: string) => opened.get(turnId) ?? 0;
  const answers = Map.groupBy(
    rows.filter(({ externalId }) => externalId !== null),
    ({ turnId }) => turnId ?? "",
  );
  const wasKnown = (turnId: string, at: number) =>
    answers
      .get(turnId)
      ?.some(
        (row) =>
          sendsOf(row).some(({ fault }) => fault === undefined) ||
          reported.some((status) => status.externalId === row.externalId && status.at.getTime() < at - STATUS_DELAY_MS),
      );
  const answered = new Map<string, Set<string>>();
  for (const { turnId, messages } of questions.filter((question) => answers.has(question.turnId)))
    for (const { id } of messages) answered.set(id, (answered.get(id) ?? new Set()).add(turnId));
  const again = [...answered].filter(([, by]) => {
    const inOrder = [...by].toSorted((one, two) => openedAt(one) - openedAt(two));
    return inOrder.some((turnId, index) => {
      const next = inOrder[index + 1];
      return next !== undefined && wasKnown(turnId, openedAt(next));
    });
  });
  expect(again, "3: answered once").toEqual([]);
}

/** 6, 12: each row has the furthest status that was reported, in any order; every accepted message is known. */
function statusesMatchReports({ rows, reported, channelOf, eventOf, sendsOf }: Outcome) {
  for (const row of rows) {
    const names = sendsOf(row).map(({ to, externalId }) =>
      channelOf(row) === "telegram" ? `${to}/${externalId}` : externalId,
    );
    if (row.externalId === null) {
      expect(
        reported.filter(({ externalId }) => names.includes(externalId)),
        `12: a status for an unknown message: ${row.body}`,
      ).toEqual([]);
      if (row.status === "failed") expect(eventOf(channelOf(row), `send.${row.id}`)?.status).toBe("dead");
      else expect([row.author, row.status]).toEqual(["ai", "suppressed"]);
      continue;
    }
    expect(names).toContain(row.externalId);
    const statuses = reported.filter(({ externalId }) => externalId === row.externalId).map(({ status }) => status);
    const furthest = Math.max(0, ...statuses.map((status) => ACCEPTED_STATES.indexOf(status)));
    expect(row.status, `6: ${row.body} after ${statuses.join()}`).toBe(ACCEPTED_STATES[furthest]);
  }
}

/** 7: no answer of the AI is attempted once the conversation has another epoch than its question. */
function noAnswerAfterTakeover({ harness }: Run, { rows }: Outcome) {
  const ours = new Set(rows.map(({ id }) => id));
  const late = harness.arrivals.filter(
    ({ messageId, turnEpoch, epoch, gone }) =>
      ours.has(messageId) && !gone && turnEpoch !== null && turnEpoch !== epoch,
  );
  expect(late, "7: sent after a takeover").toEqual([]);
}
