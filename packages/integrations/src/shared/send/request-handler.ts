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

/** The parts of a send request that differ between channels. */
type SendRequestChannel<To> = {
  format: OutgoingFormat;
  /** The recipient; the same schema as the route's. */
  to: z.ZodType<To & { conversationId?: string | undefined }>;
  /** Finds or opens the conversation with a recipient. `from` is the account that the caller named. */
  open(stores: Stores, to: To, from: string | undefined, at: Date): Promise<string>;
};

/** Handles a channel's send requests. A request becomes messages, each with its position in the order, or one action. */
export function sendRequestHandler<To>(channel: SendRequestChannel<To>, sendTakesOver: boolean): EventHandler {
  const payload = z.object({
    to: channel.to,
    from: z.string().optional(),
    message: z.unknown(),
    messageIds: z.array(z.uuid()),
  });
  return {
    callsProvider: false,
    scopes: () => [],
    async handle(event, context) {
      const request = parsePayload(payload, event.payload);
      // The key contains a hash of the content: another request under the same Idempotency-Key must not replace the file.
      const key = `outgoing/${request.messageIds[0] ?? event.id}-${contentHash(request.message)}`;
      const stored = await storeInline(request.message, key, context.media);
      const outgoing = channel.format.parts(parsePayload(channel.format.content, stored, ["message"]));
      const at = new Date(event.receivedAt);
      return async (stores) => {
        const conversationId = await conversationOf(stores, channel, request.to, request.from, at);
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
  { format, open }: SendRequestChannel<To>,
  to: To & { conversationId?: string | undefined },
  from: string | undefined,
  at: Date,
): Promise<string> {
  if (to.conversationId === undefined) return open(stores, to, from, at);
  const conversation = await stores.conversations.find(to.conversationId);
  if (conversation?.channel !== format.channel)
    throw permanent(`no ${format.channel} conversation ${to.conversationId}`, "no_conversation");
  if (from !== undefined && conversation.accountId !== from)
    throw permanent(`conversation ${to.conversationId} does not belong to account ${from}`, "other_account");
  return to.conversationId;
}

/**
 * The id of the message at an index. An edited request, or another version's splitting, can produce more messages than
 * the request has ids. Those ids are derived from the event id, so that a retry produces the same ids.
 */
function idAt(ids: readonly string[], index: number, eventId: string): string {
  return ids[index] ?? derivedUuid("message", eventId, String(index));
}
