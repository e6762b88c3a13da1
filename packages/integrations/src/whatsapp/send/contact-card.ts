import { z } from "zod";

const optionalText = z.string().min(1).optional();

/**
 * A contact card with Meta's field names, which received cards also have.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/contacts-messages
 */
export const contactCard = z.strictObject({
  name: z.strictObject({
    formatted_name: z.string().min(1),
    first_name: optionalText,
    last_name: optionalText,
    middle_name: optionalText,
    prefix: optionalText,
    suffix: optionalText,
  }),
  phones: z
    .array(
      z.strictObject({
        phone: optionalText,
        type: optionalText,
        wa_id: optionalText.meta({ description: "With it the recipient can write to the contact on WhatsApp." }),
      }),
    )
    .optional(),
  emails: z.array(z.strictObject({ email: optionalText, type: optionalText })).optional(),
  addresses: z
    .array(
      z.strictObject({
        street: optionalText,
        city: optionalText,
        state: optionalText,
        zip: optionalText,
        country: optionalText,
        country_code: optionalText,
        type: optionalText,
      }),
    )
    .optional(),
  org: z.strictObject({ company: optionalText, department: optionalText, title: optionalText }).optional(),
  urls: z.array(z.strictObject({ url: optionalText, type: optionalText })).optional(),
  birthday: z.iso.date("must be a date as YYYY-MM-DD").optional(),
});
