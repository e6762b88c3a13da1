import { z } from "zod";
import {
  type ApiCall,
  type ApiRoute,
  apiRoute,
  contentHash,
  derivedUuid,
  eventId,
  type OutgoingFormat,
} from "@millrace/core";

/** Kind of the event that a request to send becomes. */
const SEND_REQUEST = "request";

/** Base64 makes the largest file that a request may bring along 6.7 MB; the rest of a request is small. */
const MAX_BODY_BYTES = 7_000_000;

/** What differs between the send routes of two channels. */
type SendRouteParts = {
  format: OutgoingFormat;
  paths: ApiRoute["paths"];
  title: string;
  /** The other side, or its conversation. */
  to: z.ZodType;
  /** Which account of ours sends, in words. */
  from: string;
  /** What a caller of this channel should know, in Markdown. */
  notes: string;
};

const sendAnswer = z.strictObject({
  messageIds: z
    .array(z.uuid())
    .meta({ description: "Rows of the table `messages`, one per message that goes out; none for a chat action." }),
  eventId: z.string().meta({ description: "What `millrace trace` takes to tell where the request is." }),
});

/**
 * The route by which callers send on a channel. With an `Idempotency-Key` a request that is repeated names the same
 * messages and is sent once; another request under the same key dies in the worker, where an operator sees it.
 */
export function sendRoute({ format, paths, title, to, from, notes }: SendRouteParts): ApiRoute {
  return apiRoute({
    paths,
    summary: `Send a message on ${title}`,
    description: `Queues a message and answers 202. Messages of one conversation leave in the order in which they were accepted.\n\n${notes}`,
    authentication: "one of API_KEYS",
    maxBodyBytes: MAX_BODY_BYTES,
    role: "requests",
    body: z.strictObject({
      to,
      from: z.string().min(1).optional().meta({ description: from }),
      message: format.content,
    }),
    status: 202,
    response: sendAnswer,
    accept(body, call) {
      const parts = format.parts(body.message);
      const name = nameOf(format.channel, body, call);
      const messageIds = "action" in parts ? [] : parts.map((_, index) => name.messageId(index));
      const id = name.eventId;
      return {
        events: [{ id, kind: SEND_REQUEST, payload: { ...body, messageIds } }],
        body: { messageIds, eventId: id },
      };
    },
  });
}

/** Names a request and its messages: by its Idempotency-Key, else anew. */
function nameOf(channel: string, body: unknown, { caller, idempotencyKey, newId }: ApiCall) {
  if (idempotencyKey === undefined) return { eventId: eventId(SEND_REQUEST, newId()), messageId: () => newId() };
  return {
    eventId: eventId(SEND_REQUEST, contentHash([caller, idempotencyKey]), contentHash(body)),
    messageId: (index: number) => derivedUuid("message", channel, caller, idempotencyKey, String(index)),
  };
}
