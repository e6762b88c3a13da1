import {
  type AdapterContext,
  type ApiRoute,
  apiRoute,
  contentHash,
  eventId,
  type InboundEvent,
  type MessagePart,
  type OutgoingFormat,
  type Outcome,
  permanent,
  type AnswerResult,
  type Write,
} from "@millrace/core";
import { z } from "zod";
import { storeInline } from "../shared/send/outgoing-media.ts";
import { parsePayload } from "../shared/parse-payload.ts";
import { callbackRoute } from "./callback-route.ts";
import type { CallbackConfig } from "./config.ts";

/** Kind of the event that an answer becomes. */
export const ANSWER = "answer";

/** Most messages that an answer may hold. */
const MAX_MESSAGES = 10;

/** Room for one file in base64 beside the messages. */
const MAX_BODY_BYTES = 7_000_000;

function answerOf<Message extends z.ZodType>(message: Message) {
  return z.strictObject({
    turnId: z.uuid().toLowerCase().meta({ description: "The question's `turnId`." }),
    conversationId: z
      .uuid()
      .toLowerCase()
      .optional()
      .meta({ description: "The question's `conversation.id`, where it is to be checked." }),
    messages: z.array(message).min(1).max(MAX_MESSAGES).meta({
      description:
        "Sent in this order, each as the send API of the conversation's channel takes it; one at least is a message.",
    }),
  });
}

/**
 * The route that n8n posts the AI's answer to. Each turn is answered once: whatever comes after finds it answered,
 * unless what came before could not be used. Each is an event of its own, also when it says the same, because a question
 * can be asked anew after an answer that came too late. All are told to be accepted, because n8n takes whatever is not
 * 2xx for a failure.
 */
export function answerRoute(config: CallbackConfig, formats: readonly OutgoingFormat[]): ApiRoute {
  return apiRoute({
    ...callbackRoute(config, "ai-response"),
    summary: "Answer a question to the AI",
    description:
      "Queues the AI's messages. A second answer to the same turn changes nothing; one that comes after a newer " +
      "message or a takeover is kept and not sent.",
    maxBodyBytes: MAX_BODY_BYTES,
    body: answerOf(z.union(formats.map(({ content }) => content))),
    response: z.strictObject({ accepted: z.literal(true), turnId: z.uuid() }),
    accept: (body, { newId }) => ({
      events: [{ id: eventId(ANSWER, body.turnId, newId()), kind: ANSWER, payload: body }],
      body: { accepted: true, turnId: body.turnId },
    }),
  });
}

const FATES: Readonly<Record<AnswerResult, Outcome>> = {
  queued: { result: "written", detail: "queued" },
  late: { result: "written", detail: "late" },
  duplicate: { result: "ignored", detail: "duplicate" },
};

/** Takes an answer: its files into the media store, its messages to the turn that asked. */
export async function takeAnswer(event: InboundEvent, { media, formats }: AdapterContext): Promise<Write> {
  const { turnId, conversationId, messages } = parsePayload(answerOf(z.unknown()), event.payload);
  // By what is in it: another answer to the turn must not replace a file of the one that is being sent.
  const stored = await Promise.all(
    messages.map((message) => storeInline(message, `outgoing/${turnId}-${contentHash(message)}`, media)),
  );
  return async (stores) => {
    const turn = await stores.aiTurns.find(turnId);
    if (!turn) throw permanent(`no turn ${turnId}`, "no_turn");
    if (conversationId !== undefined && conversationId !== turn.conversationId)
      throw permanent(`turn ${turnId} is not one of conversation ${conversationId}`, "other_conversation");
    const format = formats.find(({ channel }) => channel === turn.channel);
    if (!format) throw permanent(`nothing can be sent on ${turn.channel}`, "no_format");
    const parts: MessagePart[] = [];
    const actions: unknown[] = [];
    for (const [index, message] of stored.entries()) {
      const part = format.parts(parsePayload(format.content, message, ["messages", String(index)]));
      if ("action" in part) actions.push(part.action);
      else parts.push(...part);
    }
    if (parts.length === 0) throw permanent("the answer holds no message", "no_message");
    const fate = await stores.aiTurns.answer({ turnId, messages: parts, at: new Date(event.receivedAt) });
    if (fate === "queued")
      for (const [index, action] of actions.entries())
        await stores.outbox.act({
          id: eventId(event.id, String(index)),
          conversationId: turn.conversationId,
          action,
        });
    return FATES[fate];
  };
}
