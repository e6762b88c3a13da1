import { z } from "zod";
import { outgoingMedia } from "../../shared/send/outgoing-media.ts";
import { textField } from "../../shared/send/text-field.ts";
import { replyTo } from "./reply-to.ts";

const footer = textField(60).optional();
const textHeader = textField(60);

const mediaHeader = z.strictObject({
  type: z.enum(["image", "video", "document"]),
  media: outgoingMedia.refine(({ data }) => data === undefined, "must be a link, an id or a stored file"),
});

/** https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages */
export const buttonsMessage = z
  .strictObject({
    type: z.literal("buttons"),
    text: textField(1024),
    buttons: z
      .array(
        z.strictObject({
          id: textField(256).meta({ description: "Returned in the answer." }),
          title: textField(20).meta({ description: "The text of the button." }),
        }),
      )
      .min(1, "must have at least 1 button")
      .max(3, "must have at most 3 buttons")
      .refine(areUnique, "must have different ids"),
    header: z.union([textHeader, mediaHeader]).optional().meta({ description: "A text or a file above the text." }),
    footer,
    replyTo,
  })
  .meta({ description: "A text with up to three reply buttons." });

const row = z.strictObject({
  id: textField(200).meta({ description: "Returned in the answer." }),
  title: textField(24),
  description: textField(72).optional(),
});

const section = z.strictObject({
  title: textField(24).optional().meta({ description: "Required if there are several sections." }),
  rows: z.array(row).min(1, "must have at least 1 row"),
});

/** https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-list-messages */
export const listMessage = z
  .strictObject({
    type: z.literal("list"),
    text: textField(4096),
    button: textField(20).meta({ description: "The text of the button that opens the list." }),
    sections: z
      .array(section)
      .min(1, "must have at least 1 section")
      .max(10, "must have at most 10 sections")
      .refine((sections) => rowsOf(sections).length <= 10, "must have at most 10 rows in all sections together")
      .refine((sections) => areUnique(rowsOf(sections)), "must have rows with different ids")
      .refine(
        (sections) => sections.length === 1 || sections.every(({ title }) => title !== undefined),
        "must have titles if there are several",
      ),
    header: textHeader.optional(),
    footer,
    replyTo,
  })
  .meta({ description: "A text with a button that opens a list of up to ten rows." });

function rowsOf(sections: readonly z.output<typeof section>[]) {
  return sections.flatMap(({ rows }) => rows);
}

function areUnique(options: readonly { id: string }[]): boolean {
  return new Set(options.map(({ id }) => id)).size === options.length;
}
