import { ProviderError } from "@millrace/core";
import type { ApiConfig } from "../config.ts";
import { botScope } from "./scopes.ts";

/** The access to the Bot API as one bot. */
export type Bot = { token: string; baseUrl: string };

/**
 * The bot with a label.
 * @throws ProviderError paused, if TELEGRAM_BOT_TOKEN has no token for it
 */
export function botOf({ tokens, baseUrl }: ApiConfig, label: string): Bot {
  const token = tokens.get(label);
  if (token === undefined)
    throw new ProviderError(
      `TELEGRAM_BOT_TOKEN has no token for the bot ${label}`,
      { kind: "paused", scope: botScope(label) },
      { code: "no_token" },
    );
  return { token, baseUrl };
}
