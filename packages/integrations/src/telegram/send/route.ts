import { sendRoute } from "../../shared/send/route.ts";
import { telegramAddress } from "./address.ts";
import { telegramFormat } from "./format.ts";

/** The route by which callers send on Telegram. */
export const telegramSendRoute = sendRoute({
  format: telegramFormat,
  paths: ["/api/integrations/telegram/send", "/api/telegram/send"],
  title: "Telegram",
  to: telegramAddress,
  from: "Label of the bot that sends, as in TELEGRAM_BOT_TOKEN. Without it the only or the first one does.",
  notes: [
    "A person must have written to the bot before it can write to them.",
    "A text above 4,096 characters leaves as several messages, a caption above 1,024 as a text after its file.",
    "What does not parse in its `parseMode` is sent as it is written; so are the parts of an entity that is longer than one message.",
    "A link that Telegram cannot fetch is fetched and uploaded instead, from public addresses only.",
  ].join("\n"),
});
