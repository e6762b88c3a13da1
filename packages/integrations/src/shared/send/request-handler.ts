import { z } from "zod";
import {
  contentHash,
  derivedUuid,
  type EventHandler,
  type InboundEvent,
  type OutgoingFormat,
  parsePayload,
  type SendRequestedFact,
  type ThreadReference,
  written,
} from "@millrace/core";
import { hasInline, storeInline } from "./outgoing-media.ts";

/** The parts of a send request that differ between channels. */
type SendRequestChannel<To> = {
  format: OutgoingFormat;
  /** The recipient; the same schema as the route's. */
  to: z.ZodType<To & { conversationId?: string | undefined }>;
  /**
   * The thread with a recipient. `from` is the account that the caller named.
   * @throws ProviderError permanent when there is no account to send from
   */
  threadOf(to: To, from: string | undefined): ThreadReference;
};

/** Handles a channel's send requests. A request becomes messages, each with its position in the order, or one action. */
export function sendRequestHandler<To>(channel: SendRequestChannel<To>, sendTakesOver: boolean): EventHandler {
  const payload = z.object({
    to: channel.to,
    from: z.string().optional(),
    message: z.unknown(),
    messageIds: z.array(z.uuid()),
    expiresAt: z.iso.datetime({ offset: true }).optional(),
  });
  return {
    // The files in the request move into the media store first.
    fetch(event) {
      const request = parsePayload(payload, event.payload);
      if (!hasInline(request.message)) return undefined;
      // The key contains a hash of the content: another request under the same Idempotency-Key must not replace the file.
      const key = `outgoing/${request.messageIds[0] ?? event.id}-${contentHash(request.message)}`;
      return ({ media }) => storeInline(request.message, key, media);
    },
    handle(event, stored) {
      const request = parsePayload(payload, event.payload);
      const content = parsePayload(channel.format.content, stored ?? request.message, ["message"]);
      const outgoing = channel.format.parts(content);
      const fact = {
        fact: "send_requested",
        to: recipientOf(channel, request),
        at: new Date(event.receivedAt),
      } as const;
      if ("action" in outgoing) return written({ ...fact, request: { id: event.id, action: outgoing.action } });
      const messages = outgoing.map((part, index) => ({ ...part, id: idAt(request.messageIds, index, event) }));
      const takeover = sendTakesOver ? { actor: "send API", reason: "a person wrote" } : undefined;
      const expiresAt = request.expiresAt === undefined ? undefined : new Date(request.expiresAt);
      return written({ ...fact, request: { messages, expiresAt }, takeover });
    },
  };
}

function recipientOf<To>(
  { format, threadOf }: SendRequestChannel<To>,
  { to, from }: { to: To & { conversationId?: string | undefined }; from?: string | undefined },
): SendRequestedFact["to"] {
  const { conversationId } = to;
  return conversationId === undefined
    ? threadOf(to, from)
    : { conversationId, channel: format.channel, accountId: from };
}

/**
 * The id of the message at an index. An edited request, or another version's splitting, can produce more messages than
 * the request has ids. Those ids are derived from the event id, so that a retry produces the same ids.
 */
function idAt(ids: readonly string[], index: number, { id }: InboundEvent): string {
  return ids[index] ?? derivedUuid("message", id, String(index));
}
