import type { Channel, OutgoingFormat } from "@millrace/core";
import { z } from "zod";
import { outgoingMedia } from "../../shared/send/outgoing-media.ts";

/** A channel with texts, images and a typing action. `extra` are fields that only its texts have. */
function formatOf(channel: Channel, extra: Record<string, z.ZodType>): OutgoingFormat {
  const text = z.strictObject({ type: z.literal("text"), text: z.string(), ...extra });
  const image = z.strictObject({ type: z.literal("image"), media: outgoingMedia });
  const content = z.discriminatedUnion("type", [text, image, z.strictObject({ type: z.literal("typing") })]);
  return {
    channel,
    content,
    parts(input) {
      const message = content.parse(input);
      return message.type === "typing" ? { action: message } : [{ type: message.type, content: message }];
    },
  };
}

/** What two channels can send. */
export const formats = [
  formatOf("whatsapp", { preview: z.string().optional() }),
  formatOf("telegram", { parseMode: z.string().optional() }),
];
