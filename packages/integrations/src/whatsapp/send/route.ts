import { sendRoute } from "../../shared/send/route.ts";
import { whatsappAddress } from "./address.ts";
import { whatsappFormat } from "./format.ts";

/** The route by which callers send on WhatsApp. */
export const whatsappSendRoute = sendRoute({
  format: whatsappFormat,
  paths: ["/api/integrations/whatsapp/send", "/api/whatsapp/send"],
  title: "WhatsApp",
  to: whatsappAddress,
  from: "Phone number id of the number that sends. Without it the one in WHATSAPP_PHONE_NUMBER_ID does.",
  notes: [
    "Within 24 hours of the other side's last message anything can be sent, after that a `template` alone: anything else",
    "then fails with the reason.",
    "A text above 4,096 characters leaves as several messages.",
    "WhatsApp fetches a `link` by itself; other files are uploaded to it first.",
  ].join("\n"),
});
