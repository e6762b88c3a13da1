import {
  type AnswerFact,
  eventId,
  type MessagePart,
  type OutgoingFormat,
  type Outcome,
  parsePayload,
  permanent,
} from "@millrace/core";
import { aiTurnStore, type AnswerResult } from "../ai-turns/answers.ts";
import { sql } from "drizzle-orm";
import { conversationIdOf } from "../conversations/aliases.ts";
import type { Executor } from "../connection/database.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { outboxStore } from "../messages/outbox.ts";
import type { Apply } from "./apply.ts";

const OUTCOMES: Readonly<Record<AnswerResult, Outcome>> = {
  queued: { result: "written", detail: "queued" },
  late: { result: "written", detail: "late" },
  duplicate: { result: "ignored", detail: "duplicate" },
};

/** Records the AI's answers, and queues their messages and actions unless they are late. */
export const applyAnswers: Apply<"answer"> = async (tx, context, facts) => {
  let result: AnswerResult = "duplicate";
  for (const fact of facts) result = await applyAnswer(tx, context, fact);
  return OUTCOMES[result];
};

async function applyAnswer(tx: Executor, context: EventContext, fact: AnswerFact): Promise<AnswerResult> {
  const { turnId, conversationId, at, answerId } = fact;
  const turns = aiTurnStore(tx, context);
  const turn = await turns.find(turnId);
  if (!turn) throw permanent(`no AI turn ${turnId}`, "no_turn");
  if (conversationId !== undefined && !(await isOrWas(tx, conversationId, turn.conversationId)))
    throw permanent(`AI turn ${turnId} does not belong to conversation ${conversationId}`, "other_conversation");
  const format = context.formats.find(({ channel }) => channel === turn.channel);
  if (!format) throw permanent(`no integration can send on ${turn.channel}`, "no_format");
  const { parts, actions } = partsOf(fact, format);
  const result = await turns.answer({ turnId, messages: parts, at });
  if (result === "queued")
    for (const [index, action] of actions.entries())
      await outboxStore(tx, context).act({
        id: eventId(answerId, String(index)),
        conversationId: turn.conversationId,
        action,
      });
  return result;
}

/** Whether an id leads to a conversation: the AI answers with the id of its question, and a merge can have replaced it. */
async function isOrWas(tx: Executor, named: string, conversationId: string): Promise<boolean> {
  if (named === conversationId) return true;
  const [row] = await tx.execute<{ id: string }>(sql`select ${conversationIdOf(named)} as id`);
  return row?.id === conversationId;
}

function partsOf({ messages }: AnswerFact, format: OutgoingFormat): { parts: MessagePart[]; actions: unknown[] } {
  const parts: MessagePart[] = [];
  const actions: unknown[] = [];
  for (const [index, message] of messages.entries()) {
    const part = format.parts(parsePayload(format.content, message, ["messages", String(index)]));
    if ("action" in part) actions.push(part.action);
    else parts.push(...part);
  }
  if (parts.length === 0) throw permanent("the answer contains no message", "no_message");
  return { parts, actions };
}
