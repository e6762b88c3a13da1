import { sendRoute } from "../../shared/send/route.ts";
import { whatsappAddress } from "./address.ts";
import { whatsappFormat } from "./format.ts";

/** The route to send messages on WhatsApp. */
export const whatsappSendRoute = sendRoute({
  format: whatsappFormat,
  paths: ["/api/integrations/whatsapp/send", "/api/whatsapp/send"],
  title: "WhatsApp",
  to: whatsappAddress,
  exampleTo: { phone: "+4915100000001" },
  from: "Phone number id of the number that sends. Default: WHATSAPP_PHONE_NUMBER_ID.",
  notes: [
    "Any message can be sent within 24 hours of the person's last message. After that only a `template` can be sent; any",
    "other message fails with the reason.",
    "A text of more than 4,096 characters becomes several messages.",
    "WhatsApp fetches a `link` itself; Millrace uploads other files first.",
  ].join("\n"),
});
