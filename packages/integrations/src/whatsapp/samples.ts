import type { Environment, Sample } from "@millrace/core";
import { signMetaRequest } from "../shared/meta/webhook.ts";
import { sendSample } from "../shared/send/sample.ts";
import { readWebhookConfig } from "./config.ts";
import { whatsappSendRoute } from "./send/route.ts";
import { WHATSAPP_PATHS } from "./webhook/webhook.ts";

/** The phone number id of the samples. */
export const SAMPLE_PHONE_NUMBER_ID = "100000000000001";

const ADA = { profile: { name: "Ada Sample" }, wa_id: "4915100000001" };
const BEN = { profile: { name: "Ben Sample", username: "@ben.sample" }, user_id: "DE.90000000000000001" };

/** Sample requests as WhatsApp sends them. Each call creates new messages. */
export function whatsappSamples(
  environment: Environment,
  now: Date,
  { text: body = "Hello, is the blue one still there?", reply = "Yes, it is." }: Readonly<Record<string, string>> = {},
): Record<string, Sample> {
  const secret = readWebhookConfig(environment)?.appSecrets[0] ?? "";
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const item = (name: string) => ({ id: `wamid.SAMPLE${name}${now.getTime().toString(36)}`, timestamp });
  const sign = (...changes: ReturnType<typeof change>[]) =>
    signMetaRequest(
      WHATSAPP_PATHS[0],
      { object: "whatsapp_business_account", entry: [{ id: "200000000000001", changes }] },
      secret,
    );

  const text = {
    from: ADA.wa_id,
    ...item("TEXT"),
    type: "text",
    text: { body },
  };
  const media = { id: "sandbox-media-photo", mime_type: "image/jpeg", caption: "This one" };
  const image = { from: ADA.wa_id, ...item("IMAGE"), type: "image", image: media };
  const hidden = { from_user_id: BEN.user_id, ...item("BSUID"), type: "text", text: { body: "And in green?" } };
  const echo = { from: "49301234567", to: ADA.wa_id, ...item("ECHO"), type: "text", text: { body: "Yes, it is." } };
  const status = (name: string) => ({ id: echo.id, timestamp, status: name, recipient_id: ADA.wa_id });
  const echoed = change("smb_message_echoes", { contacts: [ADA], message_echoes: [echo] });
  const statuses = change("messages", { statuses: [status("delivered"), status("read")] });
  return {
    text: sign(change("messages", { contacts: [ADA], messages: [text] })),
    reply: sendSample(environment, whatsappSendRoute.paths[0], {
      to: { phone: `+${ADA.wa_id}` },
      message: { type: "text", text: reply },
    }),
    image: sign(change("messages", { contacts: [ADA], messages: [image] })),
    bsuid: sign(change("messages", { contacts: [BEN], messages: [hidden] })),
    status: sign(echoed, statuses),
    batch: sign(
      statuses,
      change("messages", { contacts: [BEN, ADA], messages: [text, image, hidden] }),
      echoed,
      change("account_update", { event: "VERIFIED_ACCOUNT" }),
    ),
  };
}

function change(field: string, value: Record<string, unknown>) {
  const metadata = { display_phone_number: "49301234567", phone_number_id: SAMPLE_PHONE_NUMBER_ID };
  return { field, value: { messaging_product: "whatsapp", metadata, ...value } };
}
