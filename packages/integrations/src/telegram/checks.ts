import type { CheckOutcome, CheckPorts, Environment, ProviderCheck } from "@millrace/core";
import { z } from "zod";
import type { Bot } from "./api/bot.ts";
import { callTelegram, unreadable } from "./api/call.ts";
import { botScope } from "./api/scopes.ts";
import { isSwitchedOn, readApiConfig } from "./config.ts";

/** How long a failed delivery of an update is a problem, in ms. Telegram reports the last one, also after later successes. */
const RECENT_MS = 3_600_000;

/** https://core.telegram.org/bots/api#webhookinfo. Only an error without a URL is shown: a URL can contain the secret. */
const webhookSchema = z.object({
  url: z.string(),
  last_error_date: z.number().optional().catch(undefined),
  last_error_message: z
    .string()
    .regex(/^[\w :;,.()'-]{1,120}$/)
    .optional()
    .catch(undefined),
});

/** Checks the token and the webhook of each bot. Throws EnvironmentError. */
export function telegramChecks(environment: Environment): ProviderCheck[] {
  if (!isSwitchedOn(environment)) return [];
  const { tokens, baseUrl } = readApiConfig(environment);
  return [...tokens].map(([label, token]) => ({
    check: `telegram bot ${label}`,
    remedy: "set the token of the bot in TELEGRAM_BOT_TOKEN, as BotFather shows it",
    run: (ports) => checkBot(label, { token, baseUrl }, ports),
  }));
}

async function checkBot(label: string, bot: Bot, ports: CheckPorts): Promise<CheckOutcome> {
  const scopes = { bot: botScope(label) };
  const me = await callTelegram(bot, { method: "getMe", params: {} }, scopes, ports);
  if (!me.ok) throw me.error;
  const answer = await callTelegram(bot, { method: "getWebhookInfo", params: {} }, scopes, ports);
  if (!answer.ok) throw answer.error;
  const webhook = webhookSchema.safeParse(answer.result).data;
  if (!webhook) throw unreadable();
  if (webhook.url === "")
    return {
      state: "warn",
      message: "the token is valid, but the bot has no webhook",
      remedy: "call setWebhook as docs/connect-platforms.md describes",
    };
  const { last_error_date: failedAt, last_error_message: reason = "unknown error" } = webhook;
  if (failedAt !== undefined && ports.now().getTime() - failedAt * 1000 < RECENT_MS)
    return {
      state: "warn",
      message: `Telegram could not deliver an update at ${new Date(failedAt * 1000).toISOString()}: ${reason}`,
      remedy:
        "check that the URL of the webhook leads to ingest, and that its secret_token is in TELEGRAM_WEBHOOK_SECRET",
    };
  return { state: "ok", message: "the token is valid, and the webhook is set" };
}
