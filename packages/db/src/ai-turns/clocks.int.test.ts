import { uuidv7 } from "@millrace/core";
import { expect, test } from "vitest";
import { TIMINGS, useConversations } from "../../test/conversations.ts";
import { debounce } from "./debounce.ts";
import { createAiTurns } from "./next-step.ts";

const MINUTES_10 = 600_000;

const harness = useConversations();
/** The clock of a worker that differs from the database's. */
const shifted = (byMs: number) => () => new Date(harness.clock.at.getTime() + byMs);
const after = (now: () => Date, ms: number) => new Date(now().getTime() + ms);
const turnsOf = (now: () => Date) => createAiTurns(harness.database, TIMINGS, now, harness.databaseNow);

test("14: workers with clocks 20 min apart debounce and time out an AI turn at the same moments", async () => {
  const [ahead, behind] = [shifted(MINUTES_10), shifted(-MINUTES_10)];
  const { id, thread } = await harness.open();
  const conversation = { id, tenantId: thread.tenantId, epoch: 0 };
  const receive = (now: () => Date) =>
    harness.database.orm.transaction((tx) =>
      debounce(tx, { newId: uuidv7, now, databaseNow: harness.databaseNow }, conversation, TIMINGS),
    );

  const turn = await receive(ahead);
  expect(turn.firstDispatchAt).toEqual(after(ahead, TIMINGS.debounceMs));
  harness.advance(1_000);
  expect(await receive(behind)).toEqual({ id: turn.id, firstDispatchAt: undefined });

  for (const now of [ahead, behind]) {
    const until = after(now, TIMINGS.debounceMs);
    expect(await turnsOf(now).next(turn.id)).toEqual({ step: "wait", state: "debouncing", until });
  }
  harness.advance(TIMINGS.debounceMs);
  expect(await turnsOf(behind).next(turn.id)).toMatchObject({ step: "ask", question: { ask: 1 } });
  await turnsOf(ahead).markDispatched(turn.id);
  for (const now of [ahead, behind]) {
    const until = after(now, TIMINGS.answerTimeoutMs);
    expect(await turnsOf(now).next(turn.id)).toEqual({ step: "wait", state: "awaiting_reply", until });
  }
  harness.advance(TIMINGS.answerTimeoutMs);
  expect(await turnsOf(behind).next(turn.id)).toMatchObject({ step: "ask", question: { ask: 2 } });
});
