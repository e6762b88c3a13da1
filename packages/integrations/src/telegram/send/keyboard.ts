import type { InlineKeyboardMarkup } from "@grammyjs/types";
import { z } from "zod";

/** https://core.telegram.org/bots/api#inlinekeyboardbutton */
const button = z
  .strictObject({
    text: z.string().min(1, "must not be empty"),
    data: z
      .string()
      .min(1, "must not be empty")
      .refine((data) => Buffer.byteLength(data) <= 64, "must be at most 64 bytes")
      .optional()
      .meta({
        description:
          "At most 64 bytes. When the button is pressed, it becomes the body of a message of type `callback`.",
      }),
    url: z
      .url({ protocol: /^(?:https?|tg)$/, error: "must be an http, https or tg URL" })
      .optional()
      .meta({ description: "The URL that the button opens." }),
  })
  .refine(({ data, url }) => (data === undefined) !== (url === undefined), "must have exactly one of data and url")
  .meta({ description: "Exactly one of `data` and `url` is required." });

/** Buttons under a message, row by row. */
export const keyboard = z
  .array(z.array(button).min(1, "must have at least 1 button"))
  .min(1, "must have at least 1 row")
  .meta({ description: "Buttons under the message, row by row." });

/** The keyboard in Telegram's format. */
export function markupOf(rows: z.output<typeof keyboard>): InlineKeyboardMarkup {
  return {
    inline_keyboard: rows.map((row) =>
      row.map(({ text, data = "", url }) => (url === undefined ? { text, callback_data: data } : { text, url })),
    ),
  };
}
