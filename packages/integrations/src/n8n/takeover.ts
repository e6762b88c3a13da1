import {
  type ApiRoute,
  apiRoute,
  contentHash,
  eventId,
  type Handled,
  type InboundEvent,
  type ParsedEvent,
  parsePayload,
  written,
} from "@millrace/core";
import { z } from "zod";
import { callbackRoute } from "./callback-route.ts";
import type { CallbackConfig } from "./config.ts";

/** The kind of the event that a takeover or hand-back becomes. */
export const TAKEOVER = "takeover";

const MAX_BODY_BYTES = 16_384;

const EXAMPLE_CONVERSATION_ID = "019ab000-0000-7000-8000-00000000000c";

const takeover = z.strictObject({
  conversationId: z.uuid().toLowerCase(),
  mode: z.enum(["human", "ai"]).meta({ description: "`human` for a takeover, `ai` for a hand-back." }),
  actor: z.string().min(1).max(120).optional().meta({ description: "The person who did it. Default: `n8n`." }),
  reason: z.string().min(1).max(500).optional().meta({ description: "The reason, for the audit trail." }),
});

/**
 * The route for takeovers and hand-backs, called by n8n or by a CRM through n8n. A repeated request with the same
 * idempotency key is one event, so that a late repetition does not undo a newer change.
 */
export function takeoverRoute(config: CallbackConfig): ApiRoute {
  return apiRoute({
    ...callbackRoute(config, "human-takeover"),
    summary: "Take a conversation over or hand it back to the AI",
    description:
      "After a takeover, no AI answer requested before it is sent. After a hand-back, the AI receives the messages " +
      "since the takeover. A conversation that already has the mode stays unchanged.",
    maxBodyBytes: MAX_BODY_BYTES,
    body: takeover,
    examples: [
      {
        summary: "A takeover",
        body: { conversationId: EXAMPLE_CONVERSATION_ID, mode: "human", actor: "Ada", reason: "A complaint" },
      },
      { summary: "A hand-back", body: { conversationId: EXAMPLE_CONVERSATION_ID, mode: "ai" } },
    ],
    response: z.strictObject({
      accepted: z.literal(true),
      eventId: z.string().meta({ description: "The id for `millrace trace`, which shows the status of the request." }),
    }),
    accept(body, { idempotencyKey, newId }) {
      const id = eventId(TAKEOVER, idempotencyKey === undefined ? newId() : contentHash([idempotencyKey, body]));
      const event: ParsedEvent = { id, kind: TAKEOVER, payload: body };
      return { events: [event], body: { accepted: true, eventId: id } };
    },
  });
}

/** Handles a takeover or hand-back: changes the mode of the conversation. */
export function handleTakeover(event: InboundEvent): Handled {
  const { conversationId, mode, actor = "n8n", reason } = parsePayload(takeover, event.payload);
  return written({ fact: "mode", change: { conversationId, mode, actor, reason, at: new Date(event.receivedAt) } });
}
