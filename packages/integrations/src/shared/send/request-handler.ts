import { z } from "zod";
import {
  contentHash,
  derivedUuid,
  type EventHandler,
  type OutgoingFormat,
  permanent,
  type Stores,
} from "@millrace/core";
import { storeInline } from "./outgoing-media.ts";
import { parsePayload } from "../parse-payload.ts";

/** What differs between two channels' requests to send. */
type SendRequestParts<To> = {
  format: OutgoingFormat;
  /** Who a message is for; the same schema as the route's. */
  to: z.ZodType<To & { conversationId?: string | undefined }>;
  /** Finds or opens the conversation of an address that is none of ours. `from` is the account that the caller named. */
  open(stores: Stores, to: To, from: string | undefined, at: Date): Promise<string>;
};

/** What becomes of a channel's requests to send: messages with their place in the order, or an action. */
export function sendRequestHandler<To>(parts: SendRequestParts<To>, sendTakesOver: boolean): EventHandler {
  const payload = z.object({
    to: parts.to,
    from: z.string().optional(),
    message: z.unknown(),
    messageIds: z.array(z.uuid()),
  });
  return {
    callsProvider: false,
    scopes: () => [],
    async handle(event, context) {
      const request = parsePayload(payload, event.payload);
      // By what is in it: another request under the same Idempotency-Key must not replace the file of this one.
      const key = `outgoing/${request.messageIds[0] ?? event.id}-${contentHash(request.message)}`;
      const stored = await storeInline(request.message, key, context.media);
      const outgoing = parts.format.parts(parsePayload(parts.format.content, stored, ["message"]));
      const at = new Date(event.receivedAt);
      return async (stores) => {
        const conversationId = await conversationOf(stores, parts, request.to, request.from, at);
        if ("action" in outgoing) {
          await stores.outbox.act({ id: event.id, conversationId, action: outgoing.action });
          return { result: "written" };
        }
        if (sendTakesOver)
          await stores.conversations.changeMode({
            conversationId,
            mode: "human",
            actor: "send API",
            at,
            reason: "a person wrote",
          });
        const messages = outgoing.map((part, index) => ({ ...part, id: idAt(request.messageIds, index, event.id) }));
        await stores.outbox.queue({ conversationId, author: "person", messages, at });
        return { result: "written" };
      };
    },
  };
}

async function conversationOf<To>(
  stores: Stores,
  { format, open }: SendRequestParts<To>,
  to: To & { conversationId?: string | undefined },
  from: string | undefined,
  at: Date,
): Promise<string> {
  if (to.conversationId === undefined) return open(stores, to, from, at);
  const conversation = await stores.conversations.find(to.conversationId);
  if (conversation?.channel !== format.channel)
    throw permanent(`no ${format.channel} conversation ${to.conversationId}`, "no_conversation");
  if (from !== undefined && conversation.accountId !== from)
    throw permanent(`conversation ${to.conversationId} is not one of ${from}`, "other_account");
  return to.conversationId;
}

/** An operator's edit, or another version's way to split, may make more messages of a request than it was given ids for. */
function idAt(ids: readonly string[], index: number, eventId: string): string {
  return ids[index] ?? derivedUuid("message", eventId, String(index));
}
