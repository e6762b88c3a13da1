import type { Integration } from "@millrace/core";
import { bland } from "./bland/index.ts";
import { elevenlabs } from "./elevenlabs/index.ts";
import { google } from "./google/index.ts";
import { meta } from "./meta/index.ts";
import { n8n } from "./n8n/index.ts";
import { telegram } from "./telegram/index.ts";
import { twilioVoice } from "./twilio-voice/index.ts";
import { whatsapp } from "./whatsapp/index.ts";

/** All integrations. A new integration is a folder and one line here. */
export const integrations: readonly Integration[] = [
  meta,
  whatsapp,
  telegram,
  n8n,
  google,
  twilioVoice,
  elevenlabs,
  bland,
];

/** The integrations of platforms at which a company has accounts. */
export const integrationsWithAccounts = integrations.filter(({ local }) => local.accounts.length > 0);
