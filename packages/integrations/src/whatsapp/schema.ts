import { z } from "zod";

const id = z.union([z.string().min(1), z.number()]).transform(String);

/** A number of ours. `display_phone_number` is written in many ways and is for people. */
const metadata = z.looseObject({ phone_number_id: id });

/** What WhatsApp tells of a person; `wa_id` may be withheld since 2026, then `user_id` (the BSUID) is there. */
const contact = z.looseObject({
  wa_id: id.optional(),
  user_id: id.optional(),
  profile: z.looseObject({ name: z.string().optional(), username: z.string().optional() }).optional(),
});

/** Payload of a `message` event. */
export const messagePayload = z.object({
  metadata,
  contact: contact.optional(),
  message: z.looseObject({
    id,
    from: id.optional(),
    from_user_id: id.optional(),
    timestamp: z.union([z.string(), z.number()]),
    type: z.string(),
    text: z.looseObject({ body: z.string() }).optional(),
  }),
});
