import { expect, test } from "vitest";
import { createObservations } from "../observations.ts";
import type { MessageRow, Snapshot } from "./snapshot.ts";
import { takeovers } from "./takeovers.ts";

const TAKEN_AT = 1_000;

/** The violations when an answer to a question of epoch 0 arrives at a time, and a takeover committed at {@link TAKEN_AT}. */
function violationsOf(arrivedAt: number, mergedAt?: number): readonly string[] {
  const answer = { id: "m1", conversationId: "c1", channel: "whatsapp", author: "ai", epoch: 0 } as MessageRow;
  const sent = { channel: "whatsapp", messageId: "m1", at: new Date(arrivedAt).toISOString() };
  const snapshot = {
    messages: [answer],
    modeChanges: [{ conversationId: "c1", epoch: 1, committedAt: TAKEN_AT }],
    mergedAt: new Map(mergedAt === undefined ? [] : [["c1", mergedAt]]),
    sent: [sent],
    observations: createObservations(),
  } as unknown as Snapshot;
  return takeovers(snapshot).violations;
}

test("7: an answer after a takeover is a violation, and one before it is none", () => {
  expect(violationsOf(TAKEN_AT + 1)).toEqual(["answer m1 arrived 1 ms after epoch 1 committed"]);
  expect(violationsOf(TAKEN_AT - 1)).toEqual([]);
});

test("7: an answer of one conversation may arrive after the takeover of another, into which it is merged later", () => {
  expect(violationsOf(TAKEN_AT + 1, TAKEN_AT + 2)).toEqual([]);
});

test("7: an answer that arrives after a merge and a takeover is a violation", () => {
  expect(violationsOf(TAKEN_AT + 1, TAKEN_AT - 1)).toHaveLength(1);
});
