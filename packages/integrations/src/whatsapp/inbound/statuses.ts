import { type Handled, type InboundEvent, parsePayload, type ScopePausedFact, written } from "@millrace/core";
import { z } from "zod";
import { meaningOf } from "../api/error-codes.ts";
import { numberScope } from "../api/scopes.ts";
import { accountOf } from "../identity/account.ts";
import { unhandled } from "./unhandled.ts";
import { participantOf } from "../webhook/participant.ts";
import { rawOf } from "./raw-payload.ts";
import { statusPayload } from "./schema.ts";
import { timeOf } from "./timestamp.ts";

/** The statuses of a message. Older accounts also send `deleted` and `warning`, which change nothing. */
const STATUSES = ["sent", "delivered", "read", "played", "failed"] as const;

/** The id of our message in `biz_opaque_callback_data`. Another sender on the same number can use any text. */
const messageId = z.uuid();

/**
 * Handles a status of an outbound message, whether or not its row exists yet.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
 */
export function handleStatus(event: InboundEvent): Handled {
  const { metadata, status: received } = parsePayload(statusPayload, event.payload);
  const status = STATUSES.find((name) => name === received.status);
  if (!status) return unhandled(received.status);
  const [error] = received.errors ?? [];
  const meaning = error && meaningOf(Number(error.code));
  const at = timeOf(received.timestamp, event);
  const pause = status === "failed" ? pauseOf(metadata.phone_number_id, error?.code, at) : undefined;
  return written(
    {
      fact: "status",
      owner: accountOf(metadata),
      channel: "whatsapp",
      accountId: metadata.phone_number_id,
      externalId: received.id,
      status,
      at,
      participant: participantOf(received),
      error: error && { code: error.code, title: meaning?.message ?? error.title },
      payload: rawOf(event, "status"),
      messageId: messageId.safeParse(received.biz_opaque_callback_data).data,
    },
    ...(pause ? [pause] : []),
  );
}

/** The pause of a number after a message failed for a reason of the number: other messages would fail too. */
function pauseOf(phoneNumberId: string, code: string | undefined, at: Date): ScopePausedFact | undefined {
  const meaning = code === undefined ? undefined : meaningOf(Number(code));
  const reaction = meaning?.reaction;
  const isOfNumber = reaction?.kind === "paused" || (reaction?.kind === "rate_limited" && reaction.scope === "number");
  if (!meaning || !isOfNumber) return undefined;
  const reason = `${meaning.message} (WhatsApp error ${code})`;
  const until = reaction.kind === "rate_limited" ? { until: new Date(at.getTime() + reaction.seconds * 1000) } : {};
  return { fact: "scope_paused", scope: numberScope(phoneNumberId), reason, ...until };
}
