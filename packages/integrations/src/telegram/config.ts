import { EnvironmentError, type Environment, flag, readEnvironment, secretList } from "@millrace/core";
import { z } from "zod";

const toggle = z.object({ TELEGRAM_WEBHOOK_ENABLED: flag(true) });

const variables = z.object({ TELEGRAM_WEBHOOK_SECRET: secretList });

/** The label of the only bot, where none is given. */
const DEFAULT_BOT = "default";

/**
 * `secret` or `bot=secret`. What a secret may be made of: https://core.telegram.org/bots/api#setwebhook. A label has
 * no dot and no slash, because it is a part of event ids and account ids.
 */
const ENTRY = /^(?:(?<bot>[\w-]{1,64})=)?(?<secret>[\w-]{1,256})$/;

/** A secret and the label of the bot whose webhook was set with it. A bot has several while its secret is changed. */
export type BotSecret = { bot: string; secret: string };

/** What the webhook needs. */
export type WebhookConfig = { secrets: readonly BotSecret[] };

/** Reads {@link WebhookConfig} from TELEGRAM_WEBHOOK_SECRET; undefined when switched off. */
export function readWebhookConfig(environment: Environment): WebhookConfig | undefined {
  if (!readEnvironment(toggle, environment).TELEGRAM_WEBHOOK_ENABLED) return undefined;
  const entries = readEnvironment(variables, environment).TELEGRAM_WEBHOOK_SECRET;
  const secrets = entries.map(readEntry);
  for (const { bot, secret } of secrets) {
    // An update does not say which bot it is for: only the secret does.
    if (secrets.some((other) => other.secret === secret && other.bot !== bot))
      throw wrong("two bots must not have the same secret");
  }
  return { secrets };
}

function readEntry(entry: string): BotSecret {
  const { bot = DEFAULT_BOT, secret } = ENTRY.exec(entry)?.groups ?? {};
  if (secret === undefined)
    throw wrong("each must be `secret` or `bot=secret`, both of the characters A-Z a-z 0-9 _ and -");
  return { bot, secret };
}

function wrong(problem: string): EnvironmentError {
  return new EnvironmentError([`TELEGRAM_WEBHOOK_SECRET: ${problem}`]);
}
