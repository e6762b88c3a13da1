import { z } from "zod";

const part = z.string().min(1).optional();

/**
 * A person's card in Meta's own words, which are also those of a card that came in.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/contacts-messages
 */
export const contactCard = z.strictObject({
  name: z.strictObject({
    formatted_name: z.string().min(1),
    first_name: part,
    last_name: part,
    middle_name: part,
    prefix: part,
    suffix: part,
  }),
  phones: z
    .array(
      z.strictObject({
        phone: part,
        type: part,
        wa_id: part.meta({ description: "Lets the other side write to them on WhatsApp at once." }),
      }),
    )
    .optional(),
  emails: z.array(z.strictObject({ email: part, type: part })).optional(),
  addresses: z
    .array(
      z.strictObject({
        street: part,
        city: part,
        state: part,
        zip: part,
        country: part,
        country_code: part,
        type: part,
      }),
    )
    .optional(),
  org: z.strictObject({ company: part, department: part, title: part }).optional(),
  urls: z.array(z.strictObject({ url: part, type: part })).optional(),
  birthday: z.iso.date("must be a date as YYYY-MM-DD").optional(),
});
