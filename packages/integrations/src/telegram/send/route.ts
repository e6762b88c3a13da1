import { sendRoute } from "../../shared/send/route.ts";
import { telegramAddress } from "./address.ts";
import { telegramFormat } from "./format.ts";

/** The route to send messages on Telegram. */
export const telegramSendRoute = sendRoute({
  format: telegramFormat,
  paths: ["/api/integrations/telegram/send", "/api/telegram/send"],
  title: "Telegram",
  to: telegramAddress,
  exampleTo: { chatId: "7000000001" },
  from: "Label of the bot that sends, as in TELEGRAM_BOT_TOKEN. Default: the only or the first bot.",
  notes: [
    "A bot can only write to a person who has written to it before.",
    "A text of more than 4,096 characters becomes several messages. A caption of more than 1,024 becomes a text after its file.",
    "A text that is not valid in its `parseMode` is sent as plain text, as are the parts of an entity longer than one message.",
    "Millrace uploads the file of a link that Telegram cannot fetch, from public addresses only.",
  ].join("\n"),
});
