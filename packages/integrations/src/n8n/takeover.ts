import {
  type ApiRoute,
  apiRoute,
  contentHash,
  eventId,
  type InboundEvent,
  permanent,
  type ParsedEvent,
  type Write,
} from "@millrace/core";
import { z } from "zod";
import { parsePayload } from "../shared/parse-payload.ts";
import { callbackRoute } from "./callback-route.ts";
import type { CallbackConfig } from "./config.ts";

/** Kind of the event that a change of who answers becomes. */
export const TAKEOVER = "takeover";

const MAX_BODY_BYTES = 16_384;

const takeover = z.strictObject({
  conversationId: z.uuid().toLowerCase(),
  mode: z.enum(["human", "ai"]).meta({ description: "`human`: a person takes over. `ai`: they hand back." }),
  actor: z.string().min(1).max(120).optional().meta({ description: "Who did it; `n8n` where it is not said." }),
  reason: z.string().min(1).max(500).optional().meta({ description: "Why." }),
});

/**
 * The route that n8n, or a CRM by way of it, posts takeovers and hand-backs to. With an `Idempotency-Key` a request that
 * is repeated is one event, so that a late repetition does not undo what came after it.
 */
export function takeoverRoute(config: CallbackConfig): ApiRoute {
  return apiRoute({
    ...callbackRoute(config, "human-takeover"),
    summary: "Take a conversation over, or hand it back to the AI",
    description:
      "Nothing that the AI was asked for before a takeover is sent after it. Handing back asks the AI with what was " +
      "said meanwhile. A conversation that is in that mode already stays as it is.",
    maxBodyBytes: MAX_BODY_BYTES,
    body: takeover,
    response: z.strictObject({
      accepted: z.literal(true),
      eventId: z.string().meta({ description: "What `millrace trace` takes to tell where the request is." }),
    }),
    accept(body, { idempotencyKey, newId }) {
      const id = eventId(TAKEOVER, idempotencyKey === undefined ? newId() : contentHash([idempotencyKey, body]));
      const event: ParsedEvent = { id, kind: TAKEOVER, payload: body };
      return { events: [event], body: { accepted: true, eventId: id } };
    },
  });
}

/** Changes who answers in a conversation. */
export function takeOver(event: InboundEvent): Write {
  const { conversationId, mode, actor = "n8n", reason } = parsePayload(takeover, event.payload);
  return async (stores) => {
    const conversation = await stores.conversations.find(conversationId);
    if (!conversation) throw permanent(`no conversation ${conversationId}`, "no_conversation");
    const at = new Date(event.receivedAt);
    const changed = await stores.conversations.changeMode({ conversationId, mode, actor, reason, at });
    if (changed) return { result: "written", detail: mode };
    return { result: "ignored", detail: conversation.mode === mode ? `already ${mode}` : "changed later" };
  };
}
