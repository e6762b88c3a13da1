import type { ScopePause, InboundEvent, Write } from "@millrace/core";
import { z } from "zod";
import { parsePayload } from "../../shared/parse-payload.ts";
import { meaningOf } from "../api/error-codes.ts";
import { numberScope } from "../api/scopes.ts";
import { kept } from "./unhandled.ts";
import { participantOf } from "../webhook/participant.ts";
import { rawOf } from "./raw-payload.ts";
import { statusPayload } from "./schema.ts";
import { tenantOf } from "../identity/tenant.ts";
import { timeOf } from "./timestamp.ts";

/** What WhatsApp tells of a message of ours. Older accounts also tell `deleted` and `warning`, which move nothing. */
const STATUSES = ["sent", "delivered", "read", "played", "failed"] as const;

/** What we gave the message to carry; another sender on the same number may give anything. */
const ownId = z.uuid();

/**
 * A status of a message of ours, whether or not its row is there yet.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
 */
export function statusWrite(event: InboundEvent): Write {
  const { metadata, status: told } = parsePayload(statusPayload, event.payload);
  const status = STATUSES.find((name) => name === told.status);
  if (!status) return kept(told.status);
  const [error] = told.errors ?? [];
  const meaning = error && meaningOf(Number(error.code));
  return async (stores) => {
    await tenantOf(stores, metadata);
    await stores.messages.addStatus({
      channel: "whatsapp",
      accountId: metadata.phone_number_id,
      externalId: told.id,
      status,
      at: timeOf(told.timestamp, event),
      participant: participantOf(told),
      error: error && { code: error.code, title: meaning?.words ?? error.title },
      payload: rawOf(event, "status"),
      messageId: ownId.safeParse(told.biz_opaque_callback_data).data,
    });
    return {
      result: "written",
      ...troubleOf(metadata.phone_number_id, status, error?.code, timeOf(told.timestamp, event)),
    };
  };
}

/** A message that was taken and failed for what is the number's: the others would fail too, and wait instead. */
function troubleOf(number: string, status: string, code: string | undefined, at: Date): { trouble?: ScopePause } {
  const meaning = status === "failed" && code !== undefined ? meaningOf(Number(code)) : undefined;
  const reaction = meaning?.reaction;
  const isNumbers = reaction?.kind === "park" || (reaction?.kind === "wait" && reaction.who === "number");
  if (!meaning || !isNumbers) return {};
  const reason = `${meaning.words} (WhatsApp error ${code})`;
  const until = reaction.kind === "wait" ? { until: new Date(at.getTime() + reaction.seconds * 1000) } : {};
  return { trouble: { scope: numberScope(number), reason, ...until } };
}
