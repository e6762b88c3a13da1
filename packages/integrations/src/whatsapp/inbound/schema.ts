import { MAX_EVENT_ID_LENGTH } from "@millrace/core";
import { z } from "zod";

/** An id that something hangs on. Not longer than an event id: it stands in unique indexes, whose rows are limited. */
export const id = z.union([z.string().min(1).max(MAX_EVENT_ID_LENGTH), z.number()]).transform(String);

/** An id that may be withheld; what is none counts as absent, because there is another name to go by or none. */
export const optionalId = id.optional().catch(undefined);

/** A text that nothing hangs on; the payload is kept whole anyhow. */
export const optionalText = z.string().optional().catch(undefined);

/** A number of ours. `display_phone_number` is written in many ways and is for people. */
const metadata = z.looseObject({ phone_number_id: id });

/**
 * What WhatsApp tells of a person. `wa_id` may be withheld since 2026, then `user_id` (the BSUID) is there.
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

/** What all messages and echoes share; what is in them depends on `type`, see content.ts. */
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
  // Not optionalId: a group's message must never land in the direct thread.
  group_id: id.nullish(),
  context: z.looseObject({ id: optionalId }).optional().catch(undefined),
});

/** Payload of `message` and `echo` events. */
export const messagePayload = z.object({ metadata, message, contact: contact.optional() });

/** See {@link messagePayload}. */
export type MessagePayload = z.infer<typeof messagePayload>;

/**
 * Payload of a `status` event.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
 */
export const statusPayload = z.object({
  metadata,
  status: z.looseObject({
    id,
    status: z.string(),
    timestamp: z.unknown().optional(),
    biz_opaque_callback_data: optionalText,
    // Read by participantOf; here for their length.
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
 * Payload of a `preference` event.
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

/** Payload of a `user_id_update` event. */
export const userIdUpdatePayload = z.object({
  metadata,
  contact: contact.optional(),
  user_id_update: z.looseObject({ wa_id: optionalId, user_id: replaced, parent_user_id: replaced }),
});

/**
 * The part of a message that tells of a person's new number or user id, in today's and in older words.
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
 * Payload of a `change` event that tells of a call.
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
