import {
  type ApiRoute,
  apiRoute,
  contentHash,
  eventId,
  type FetchPorts,
  type Handled,
  type InboundEvent,
  type OutgoingFormat,
  parsePayload,
  written,
} from "@millrace/core";
import { z } from "zod";
import { hasInline, storeInline } from "../shared/send/outgoing-media.ts";
import { callbackRoute } from "./callback-route.ts";
import type { CallbackConfig } from "./config.ts";

/** The kind of the event that an AI answer becomes. */
export const ANSWER = "answer";

/** The most messages of an answer. */
const MAX_MESSAGES = 10;

/** In bytes: one file in base64 and the messages. */
const MAX_BODY_BYTES = 7_000_000;

const EXAMPLE_TURN_ID = "019ab000-0000-7000-8000-00000000000a";

function answerOf<Message extends z.ZodType>(message: Message) {
  return z.strictObject({
    turnId: z.uuid().toLowerCase().meta({ description: "The `turnId` of the AI request." }),
    conversationId: z
      .uuid()
      .toLowerCase()
      .optional()
      .meta({ description: "The `conversation.id` of the AI request. If present, it is checked." }),
    messages: z.array(message).min(1).max(MAX_MESSAGES).meta({
      description: "Sent in this order. Each has the format of the channel's send API, and at least one is a message.",
    }),
  });
}

/**
 * The route to which n8n posts the AI's answer. An AI turn is answered once; later answers change nothing, unless the
 * earlier ones failed. Each request is its own event, also with an identical body, because the worker can ask again after
 * an answer that was late. A signed request that is sent again is the same event. Every answer is accepted, because n8n treats any status but 2xx as a failure.
 */
export function answerRoute(config: CallbackConfig, formats: readonly OutgoingFormat[]): ApiRoute {
  return apiRoute({
    ...callbackRoute(config, "ai-response"),
    summary: "Answer an AI request",
    description:
      "Queues the AI's messages. A second answer to the same AI turn changes nothing. An answer that arrives after a " +
      "newer message or a takeover is recorded and not sent.",
    maxBodyBytes: MAX_BODY_BYTES,
    body: answerOf(z.union(formats.map(({ content }) => content))),
    examples: [
      {
        summary: "A text",
        body: { turnId: EXAMPLE_TURN_ID, messages: [{ type: "text", text: "Yes, the blue one is still there." }] },
      },
      {
        summary: "A text and an image",
        body: {
          turnId: EXAMPLE_TURN_ID,
          messages: [
            { type: "text", text: "This one:" },
            { type: "image", media: { link: "https://www.example.com/blue.jpg" } },
          ],
        },
      },
    ],
    response: z.strictObject({ accepted: z.literal(true), turnId: z.uuid() }),
    accept: (body, { signed, newId }) => ({
      events: [{ id: eventId(ANSWER, body.turnId, signed ?? newId()), kind: ANSWER, payload: body }],
      body: { accepted: true, turnId: body.turnId },
    }),
  });
}

/** The call that moves the answer's inline files into the media store; undefined when the answer has none. */
export function storeFiles(event: InboundEvent): ((ports: FetchPorts) => Promise<readonly unknown[]>) | undefined {
  const { turnId, messages } = parsePayload(answerOf(z.unknown()), event.payload);
  if (!messages.some(hasInline)) return undefined;
  // The key contains a hash of the content: another answer to the turn must not replace a file that is being sent.
  const key = (message: unknown) => `outgoing/${turnId}-${contentHash(message)}`;
  return ({ media }) => Promise.all(messages.map((message) => storeInline(message, key(message), media)));
}

/** Handles an answer: its messages answer the AI turn. */
export function handleAnswer(event: InboundEvent, stored: readonly unknown[] | undefined): Handled {
  const { turnId, conversationId, messages } = parsePayload(answerOf(z.unknown()), event.payload);
  const at = new Date(event.receivedAt);
  const answer = { turnId, conversationId, messages: stored ?? messages, answerId: event.id, at };
  return written({ fact: "answer", ...answer });
}
