import { expect } from "vitest";
import type { SentMessage } from "@millrace/sandbox";
import type { Chat, Run } from "./run.ts";
import { RECONCILE_MS } from "./model-harness.ts";

/** What is left of a run once nothing is left to do. */
type Outcome = Awaited<ReturnType<typeof outcomeOf>>;

/** A message of ours as its row stands, with the times that it was taken by its platform. */
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

/** A status that was told and taken in. */
type Told = { externalId: string; status: string; at: Date };

/** A status may wait this long in the queue, also when the worker that has it is killed. */
const STATUS_DELAY_MS = 5_000;

/** How long after a send the loss of its worker can still keep it from being recorded. */
const RECORD_MS = 2_000;

/** How far two times of one moment may differ. */
const CLOCK_MS = 100;

/** States in which a message can end that was taken, in the order they are gone through. */
const TAKEN = ["sent", "delivered", "read", "failed"];

/** The deaths that are asked for: by a refusal, by another text under a known key, by an AI that says nothing. */
const EXPECTED_DEATHS =
  /WhatsApp error 131009|Telegram refused|Idempotency-Key was used before|did not answer within [0-9.]+ s, twice|the worker died or hung/;

/** Checks a run that has ended against all that must always hold of it. */
export async function checkInvariants(run: Run): Promise<void> {
  const outcome = await outcomeOf(run);
  nothingVanished(run, outcome);
  inOrder(run, outcome);
  onceEach(run, outcome);
  answeredOnce(outcome);
  asFarAsTold(outcome);
  fenced(run, outcome);
}

async function outcomeOf({ harness, chats, since }: Run) {
  const ids = chats.map(({ conversationId }) => `'${conversationId}'`).join();
  const rows = await harness.rows.rows<Row>(
    `select id, conversation_id as "conversationId", author, body, status, external_id as "externalId", position,
       ai_turn_id as "turnId"
     from messages where direction = 'outbound' and conversation_id in (${ids}) order by position`,
  );
  const turns = await harness.rows.rows<{ state: string }>(
    `select state from millrace.ai_turns where conversation_id in (${ids})`,
  );
  const events = await harness.rows.rows<{ name: string; status: string; letters: number; error: string | null }>(
    `select e.integration || ' ' || e.event_id as name, e.status, e.error,
       (select count(*)::int from millrace.dead_letters d where d.integration = e.integration and d.event_id = e.event_id
         and d.state = 'dead') as letters
     from millrace.webhook_events e`,
  );
  const fates = new Map(events.map((event) => [event.name, event]));
  const fateOf = (integration: string, eventId: string) => fates.get(`${integration} ${eventId}`);
  const sent = await harness.sent();
  const questions = await harness.questions();
  const accepted = harness.accepted.slice(since.events);
  const told = accepted
    .filter((event) => event.kind === "status" && fateOf(event.integration, event.id)?.status === "done")
    .map(({ payload, at }): Told => {
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
  return {
    rows,
    turns,
    accepted,
    told,
    sent,
    questions,
    channelOf,
    fateOf,
    sendsOf: ({ id }: Pick<Row, "id">) => sends.get(id) ?? [],
  };
}

/** 2, 8: what was accepted is done or dead, and what is dead has one dead letter, with a reason that was asked for. */
function nothingVanished(
  { requests, answers, refused, unsure }: Run,
  { rows, turns, accepted, channelOf, fateOf }: Outcome,
) {
  const jobs = rows.filter(({ position }) => position !== null);
  const events = [...accepted, ...jobs.map((row) => ({ integration: channelOf(row), id: `send.${row.id}` }))];
  for (const { integration, id } of events) {
    const fate = fateOf(integration, id);
    expect([fate?.status, fate?.letters], `2, 8: ${integration} ${id}`).toEqual(
      fate?.status === "dead" ? ["dead", 1] : ["done", 0],
    );
    if (fate?.status === "dead") expect(fate.error, "8: why it is dead").toMatch(EXPECTED_DEATHS);
  }
  expect(rows.filter(({ status }) => ["queued", "sending"].includes(status))).toEqual([]);
  expect(turns.filter(({ state }) => ["debouncing", "awaiting_reply"].includes(state))).toEqual([]);
  for (const { chat, text, messageId, eventId } of requests)
    if (fateOf(chat.channel, eventId)?.status === "done")
      expect(rows, "2: what was accepted has its row").toContainEqual(
        expect.objectContaining({ id: messageId, body: text, conversationId: chat.conversationId }),
      );
  const known = new Set([...requests.map(({ text }) => text), ...[...answers.values()].flat(2), ...refused, ...unsure]);
  expect(rows.filter(({ body }) => !known.has(body))).toEqual([]);
}

/** 5: in each conversation what was sent was taken first in the order of the line, and of the requests. */
function inOrder({ chats, requests }: Run, { rows, sent, sendsOf }: Outcome) {
  for (const { conversationId } of chats) {
    const line = rows.filter((row) => row.conversationId === conversationId && row.externalId !== null);
    const firstSend = (id: string) => sent.findIndex((send) => sendsOf({ id })[0] === send);
    const byArrival = line.map(({ id }) => id).toSorted((one, two) => firstSend(one) - firstSend(two));
    expect(byArrival, "5: the order of the line").toEqual(line.map(({ id }) => id));
    const asked = requests.map(({ messageId }) => messageId).filter((id) => line.some((row) => row.id === id));
    expect(
      byArrival.filter((id) => asked.includes(id)),
      "5: the order of the requests",
    ).toEqual([...new Set(asked)]);
  }
}

/** 3, 12: one row and one send each; another send only where the platform may not have taken the first. */
function onceEach(
  { harness, since, answers, requests, refused }: Run,
  { rows, told, fateOf, channelOf, sendsOf }: Outcome,
) {
  const losses = harness.losses.slice(since.losses);
  expect(new Set(rows.map(({ body }) => body)).size, "3: one row each").toBe(rows.length);
  for (const [turnId, given] of answers) {
    const kept = rows.filter((row) => row.turnId === turnId).map(({ body }) => body);
    if (kept.length > 0)
      expect(
        given.map((texts) => texts.toSorted()),
        "3: one answer to a turn",
      ).toContainEqual(kept.toSorted());
  }
  const deadRequest = requests.some(({ chat, eventId }) => fateOf(chat.channel, eventId)?.status === "dead");
  if (!deadRequest)
    expect(
      rows.filter(({ body }) => refused.includes(body)),
      "3: a key used before",
    ).toEqual([]);

  for (const row of rows) {
    const sends = sendsOf(row);
    for (const [index, again] of sends.slice(1).entries()) {
      const before = sends.slice(0, index + 1);
      const at = Date.parse(again.at);
      for (const { fault, at: first, externalId } of before) {
        const taken = Date.parse(first);
        const lostWorker = losses.some(
          ({ from, to }) => taken > from.getTime() - RECORD_MS && taken < to.getTime() + CLOCK_MS,
        );
        expect(fault !== undefined || lostWorker, `3: sent again although it was answered: ${row.body}`).toBe(true);
        const toldBefore = told.filter(
          (status) => status.externalId === externalId && status.at.getTime() < at - STATUS_DELAY_MS,
        );
        expect(toldBefore, `12: sent again although it was told of: ${row.body}`).toEqual([]);
        if (channelOf(row) === "whatsapp")
          expect(at - Date.parse(first), "12: time to tell").toBeGreaterThan(RECONCILE_MS - 1_000);
      }
    }
  }
}

/** 3: what somebody wrote is answered once, also when it was asked again together with what they wrote next. */
function answeredOnce({ rows, questions }: Outcome) {
  const turns = new Set(rows.filter(({ externalId }) => externalId !== null).map(({ turnId }) => turnId));
  const answered = new Map<string, Set<string>>();
  for (const { turnId, messages } of questions.filter((question) => turns.has(question.turnId)))
    for (const { id } of messages) answered.set(id, (answered.get(id) ?? new Set()).add(turnId));
  expect(
    [...answered].filter(([, by]) => by.size > 1),
    "3: answered once",
  ).toEqual([]);
}

/** 6, 12: each message is where its platform said last, in whatever order it was said; what was taken is known to be. */
function asFarAsTold({ rows, told, channelOf, fateOf, sendsOf }: Outcome) {
  for (const row of rows) {
    const names = sendsOf(row).map(({ to, externalId }) =>
      channelOf(row) === "telegram" ? `${to}/${externalId}` : externalId,
    );
    if (row.externalId === null) {
      expect(
        told.filter(({ externalId }) => names.includes(externalId)),
        `12: told of, but not known: ${row.body}`,
      ).toEqual([]);
      if (row.status === "failed") expect(fateOf(channelOf(row), `send.${row.id}`)?.status).toBe("dead");
      else expect([row.author, row.status]).toEqual(["ai", "suppressed"]);
      continue;
    }
    expect(names).toContain(row.externalId);
    const statuses = told.filter(({ externalId }) => externalId === row.externalId).map(({ status }) => status);
    const furthest = Math.max(0, ...statuses.map((status) => TAKEN.indexOf(status)));
    expect(row.status, `6: ${row.body} after ${statuses.join()}`).toBe(TAKEN[furthest]);
  }
}

/** 7: no answer of the AI is even tried once the conversation has another epoch than the one it was asked in. */
function fenced({ harness }: Run, { rows }: Outcome) {
  const ours = new Set(rows.map(({ id }) => id));
  const late = harness.arrivals.filter(
    ({ messageId, turnEpoch, epoch, gone }) =>
      ours.has(messageId) && !gone && turnEpoch !== null && turnEpoch !== epoch,
  );
  expect(late, "7: sent after a takeover").toEqual([]);
}
