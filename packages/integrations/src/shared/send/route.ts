import { z } from "zod";
import {
  type ApiCall,
  type ApiRoute,
  apiRoute,
  contentHash,
  derivedUuid,
  eventId,
  InvalidFieldError,
  type OutgoingFormat,
} from "@millrace/core";

/** The kind of the event that a send request becomes. */
const SEND_REQUEST = "request";

/** In bytes. Base64 makes the largest inline file 6.7 MB; the rest of a request is small. */
const MAX_BODY_BYTES = 7_000_000;

/** The parts of a send route that differ between channels. */
type SendRouteOptions = {
  format: OutgoingFormat;
  paths: ApiRoute["paths"];
  title: string;
  /** The schema of the recipient, and a valid recipient for the examples. */
  to: z.ZodType;
  exampleTo: unknown;
  /** Describes which account sends. */
  from: string;
  /** Notes for callers of this channel, in Markdown. */
  notes: string;
};

const sendResponse = z.strictObject({
  messageIds: z
    .array(z.uuid())
    .meta({ description: "Ids of rows in the table `messages`, one per message. Empty for a chat action." }),
  eventId: z.string().meta({ description: "The id for `millrace trace`, which shows the status of the request." }),
});

/**
 * The route to send messages on a channel. A repeated request with the same `Idempotency-Key` returns the same message
 * ids and is sent once. A different request under the same key becomes a dead letter.
 */
export function sendRoute({ format, paths, title, to, exampleTo, from, notes }: SendRouteOptions): ApiRoute {
  return apiRoute({
    paths,
    summary: `Send a message on ${title}`,
    description: `Queues a message and answers 202. Messages of one conversation are sent in the order in which they were accepted.\n\n${notes}`,
    authentication: "one of API_KEYS",
    maxBodyBytes: MAX_BODY_BYTES,
    role: "requests",
    body: z.strictObject({
      to,
      from: z.string().min(1).optional().meta({ description: from }),
      message: format.content,
      expiresAt: z.iso.datetime({ offset: true, error: "must be an ISO 8601 time with a time zone" }).optional().meta({
        description:
          "The message is not sent after this time; it becomes a dead letter. Default: it waits at most 24 hours for a platform that is unavailable.",
      }),
    }),
    examples: [
      { summary: "A text", body: { to: exampleTo, message: { type: "text", text: "Your order is on its way." } } },
      {
        summary: "An image by its link",
        body: { to: exampleTo, message: { type: "image", media: { link: "https://www.example.com/offer.jpg" } } },
      },
      {
        summary: "A location",
        body: { to: exampleTo, message: { type: "location", latitude: 52.5, longitude: 13.4 } },
      },
    ],
    status: 202,
    response: sendResponse,
    accept(body, call) {
      if (body.expiresAt !== undefined && Date.parse(body.expiresAt) <= call.now.getTime())
        throw new InvalidFieldError("expiresAt", "must be in the future");
      const parts = format.parts(body.message);
      const ids = idsOf(format.channel, body, call);
      const messageIds = "action" in parts ? [] : parts.map((_, index) => ids.messageId(index));
      const id = ids.eventId;
      return {
        events: [{ id, kind: SEND_REQUEST, payload: { ...body, messageIds } }],
        body: { messageIds, eventId: id },
      };
    },
  });
}

/** The ids of a request and its messages: derived from the Idempotency-Key, or new ids without one. */
function idsOf(channel: string, body: unknown, { caller, idempotencyKey, newId }: ApiCall) {
  if (idempotencyKey === undefined) return { eventId: eventId(SEND_REQUEST, newId()), messageId: () => newId() };
  return {
    eventId: eventId(SEND_REQUEST, contentHash([caller, idempotencyKey]), contentHash(body)),
    messageId: (index: number) => derivedUuid("message", channel, caller, idempotencyKey, String(index)),
  };
}
