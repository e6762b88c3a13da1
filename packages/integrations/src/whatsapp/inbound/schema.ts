import { MAX_EVENT_ID_LENGTH } from "@millrace/core";
import { z } from "zod";

/** A required id. It is at most as long as an event id, because unique indexes contain it. */
export const id = z.union([z.string().min(1).max(MAX_EVENT_ID_LENGTH), z.number()]).transform(String);

/** An id that may be withheld. An invalid id counts as absent. */
export const optionalId = id.optional().catch(undefined);

/** An optional text. An invalid text counts as absent; the row keeps the whole payload. */
export const optionalText = z.string().optional().catch(undefined);

/** The phone number of the business. `display_phone_number` has many notations, so it is not used. */
const metadata = z.looseObject({ phone_number_id: id });

/**
 * A person in a webhook. Since 2026 `wa_id` may be withheld; then `user_id` (the BSUID) is present.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
const contact = z.looseObject({
  wa_id: optionalId,
  user_id: optionalId,
  parent_user_id: optionalId,
  profile: z.looseObject({ name: optionalText, username: optionalText }).optional().catch(undefined),
});

/** See {@link contact}. */
export type Contact = z.infer<typeof contact>;

/** The fields that all messages and echoes share. The content depends on `type`, see content.ts. */
const message = z.looseObject({
  id,
  type: optionalText,
  timestamp: z.unknown().optional(),
  from: optionalId,
  from_user_id: optionalId,
  from_parent_user_id: optionalId,
  to: optionalId,
  to_user_id: optionalId,
  to_parent_user_id: optionalId,
  // An invalid group id must fail: as an absent one it would put the message into the direct thread.
  group_id: id.nullish(),
  context: z.looseObject({ id: optionalId }).optional().catch(undefined),
});

/** The payload of `message` and `echo` events. */
export const messagePayload = z.object({ metadata, message, contact: contact.optional() });

/** See {@link messagePayload}. */
export type MessagePayload = z.infer<typeof messagePayload>;

/**
 * The payload of a `status` event.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
 */
export const statusPayload = z.object({
  metadata,
  status: z.looseObject({
    id,
    status: z.string(),
    timestamp: z.unknown().optional(),
    biz_opaque_callback_data: optionalText,
    // participantOf reads these ids; the schema limits their length.
    recipient_participant_id: id.nullish(),
    participant_recipient_id: id.nullish(),
    recipient_participant_user_id: id.nullish(),
    errors: z
      .array(z.looseObject({ code: id, title: optionalText }))
      .optional()
      .catch(undefined),
  }),
});

/**
 * The payload of a `preference` event.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences
 */
export const preferencePayload = z.object({
  metadata,
  contact: contact.optional(),
  preference: z.looseObject({
    wa_id: optionalId,
    user_id: optionalId,
    parent_user_id: optionalId,
    category: optionalText,
    value: z.string(),
    timestamp: z.unknown().optional(),
  }),
});

const replaced = z.looseObject({ previous: optionalId, current: optionalId }).optional().catch(undefined);

/** The payload of a `user_id_update` event. */
export const userIdUpdatePayload = z.object({
  metadata,
  contact: contact.optional(),
  user_id_update: z.looseObject({ wa_id: optionalId, user_id: replaced, parent_user_id: replaced }),
});

/**
 * The part of a message about a person's new phone number or user id, with its current and its older fields.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/system
 */
export const systemPart = z.looseObject({
  system: z.looseObject({
    type: optionalText,
    customer: optionalId,
    wa_id: optionalId,
    new_wa_id: optionalId,
    user_id: optionalId,
    parent_user_id: optionalId,
    previous_user_id: optionalId,
    previous_parent_user_id: optionalId,
  }),
});

/**
 * The payload of a `change` event about a call.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/user-initiated-calls
 */
export const callPayload = z.object({
  value: z.object({
    metadata,
    contacts: z.array(contact).optional().catch(undefined),
    calls: z.tuple([
      z.looseObject({
        from: optionalId,
        from_user_id: optionalId,
        event: optionalText,
        direction: optionalText,
        timestamp: z.unknown().optional(),
      }),
    ]),
  }),
});
