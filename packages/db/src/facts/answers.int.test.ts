import { eq } from "drizzle-orm";
import type { FactOf } from "@millrace/core";
import { expect, test } from "vitest";
import { AT, useFacts } from "../../test/facts.ts";
import { aiTurns } from "../schema/index.ts";

const { database, apply, open, readOutbound } = useFacts();

const hi = { type: "text", text: "Hi" };

/** The answer to a turn. */
function answerTo(turnId: string, messages: readonly unknown[] = [hi], conversationId?: string): FactOf<"answer"> {
  return { fact: "answer", turnId, conversationId, messages, answerId: `answer.${turnId}`, at: AT };
}

/** A conversation with an AI turn that waits for its answer. */
async function asked() {
  const conversation = await open();
  const turn = eq(aiTurns.id, conversation.turnId);
  await database.orm.update(aiTurns).set({ state: "awaiting_reply", dispatches: 1, dispatchedAt: AT }).where(turn);
  return conversation;
}

const failsWith = (code: string, message: string) => ({ code, message, next: { kind: "permanent" } });

test("the messages of an answer are queued in order and in parts, in the format of the turn's channel", async () => {
  const { id, turnId } = await asked();
  const outcome = await apply(
    answerTo(
      turnId,
      [
        { type: "text", text: "One|Two" },
        { type: "text", text: "Three" },
      ],
      id,
    ),
  );
  expect(outcome).toMatchObject({ result: "written", detail: "queued" });
  const expected = ["One", "Two", "Three"].map((body) => ({ body, author: "ai", status: "queued", aiTurnId: turnId }));
  expect(await readOutbound(id)).toMatchObject(expected);
});

test("an action in an answer is queued with its messages, and not when the answer is late", async () => {
  const actionsOf = async ({ turnId }: { turnId: string }) => {
    const { detail, followUps } = await apply(answerTo(turnId, [{ type: "typing" }, hi]));
    return { detail, actions: followUps.filter(({ kind }) => kind === "act") };
  };
  const conversation = await asked();
  const { id: conversationId, turnId } = conversation;
  expect(await actionsOf(conversation)).toMatchObject({
    detail: "queued",
    actions: [
      {
        integration: "telegram",
        role: "outbound",
        id: `act.answer.${turnId}.0`,
        payload: { conversationId, action: { type: "typing" } },
      },
    ],
  });
  // The AI was not asked yet, so the answer is not in time.
  expect(await actionsOf(await open())).toEqual({ detail: "late", actions: [] });
});

test("7: the outcome of a late and of a duplicate answer names it", async () => {
  const { id, turnId } = await asked();
  const mode = { conversationId: id, mode: "human", actor: "Bea", at: AT } as const;
  await apply({ fact: "mode", change: mode });
  expect(await apply(answerTo(turnId))).toMatchObject({ result: "written", detail: "late" });
  expect(await readOutbound(id)).toMatchObject([{ status: "suppressed" }]);
  expect(await apply(answerTo(turnId))).toMatchObject({ result: "ignored", detail: "duplicate" });
});

test("an answer that cannot be sent fails with a reason that contains none of its text, and changes nothing", async () => {
  const { id, turnId } = await asked();
  const other = await open();
  await expect(apply(answerTo(id))).rejects.toMatchObject(failsWith("no_turn", `no AI turn ${id}`));
  await expect(apply(answerTo(turnId, [hi], other.id))).rejects.toMatchObject(
    failsWith("other_conversation", `AI turn ${turnId} does not belong to conversation ${other.id}`),
  );
  await expect(apply(answerTo(turnId, [{ type: "typing" }]))).rejects.toMatchObject(
    failsWith("no_message", "the answer contains no message"),
  );
  await expect(apply(answerTo(turnId, [hi, { type: "hologram", text: "secret words" }]))).rejects.toMatchObject(
    failsWith("payload", "payload not understood: messages.1.type"),
  );
  expect(await readOutbound(id)).toEqual([]);
  expect(await apply(answerTo(turnId))).toMatchObject({ detail: "queued" });
});
