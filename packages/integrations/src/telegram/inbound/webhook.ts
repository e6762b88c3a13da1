import {
  eventId,
  parseJsonBody,
  type RawRequest,
  secretsEqual,
  type ParsedEvent,
  unreadable,
  type Webhook,
} from "@millrace/core";
import { idOf, isObject } from "../../shared/json-value.ts";
import type { BotSecret, WebhookConfig } from "../config.ts";
import { UPDATE_KINDS } from "./update-schema.ts";

/** The paths of the webhook, the canonical path first. The second path contains the secret. */
export const TELEGRAM_PATHS = ["/api/integrations/telegram/webhook", "/api/webhooks/telegram/:secret"] as const;

/** The header with the secret of setWebhook: https://core.telegram.org/bots/api#setwebhook */
export const SECRET_HEADER = "x-telegram-bot-api-secret-token";

/** In bytes. Telegram documents no limit. A text has at most 4,096 characters, but a message contains the one it replies to. */
const MAX_BODY_BYTES = 1024 * 1024;

/** The webhook of Telegram. Telegram does not sign its requests, so only a shared secret authenticates them. */
export function telegramWebhook({ secrets: bots }: WebhookConfig): Webhook {
  return {
    paths: TELEGRAM_PATHS,
    maxBodyBytes: MAX_BODY_BYTES,
    secrets: bots.map(({ secret }) => secret),
    authenticate: (request, { secrets }) => {
      const valid = bots.filter(({ secret }) => secrets.includes(secret));
      return botOf(request, valid) !== undefined;
    },
    parse: (request) => [parseTelegramWebhook(request, bots)],
  };
}

/** The bot of the request's secret. Undefined unless the secrets in path and header belong to the same bot. */
function botOf({ params, headers }: RawRequest, secrets: readonly BotSecret[]): string | undefined {
  const given = [params["secret"], headers[SECRET_HEADER]].filter((secret) => secret !== undefined);
  const [bot, ...others] = given.map((text) => secrets.find(({ secret }) => secretsEqual(text, secret))?.bot);
  return others.every((other) => other === bot) ? bot : undefined;
}

/**
 * Parses the one update of a request: https://core.telegram.org/bots/api#update. Update ids are unique per bot, so the
 * event id contains the bot's label.
 */
function parseTelegramWebhook(request: RawRequest, secrets: readonly BotSecret[]): ParsedEvent {
  const parsed = parseJsonBody(request.body);
  if (!parsed.ok) return unreadable(parsed.reason, parsed.raw);
  const update = parsed.value;
  if (!isObject(update)) return unreadable("the update is not an object", update);
  const updateId = idOf(update["update_id"]);
  if (updateId === undefined || !/^\d{1,18}$/.test(updateId)) return unreadable("the update has no update_id", update);
  const bot = botOf(request, secrets);
  if (bot === undefined) return unreadable("no bot has the secret of the request", update);
  const kind = UPDATE_KINDS.find((name) => update[name] !== undefined && update[name] !== null) ?? "update";
  return { id: eventId("update", bot, updateId), kind, payload: { bot, update } };
}
