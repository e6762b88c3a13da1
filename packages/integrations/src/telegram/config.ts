import { baseUrl, EnvironmentError, type Environment, flag, readEnvironment, secretList } from "@millrace/core";
import { z } from "zod";
import { messagesPerSecond } from "../shared/send/config.ts";

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

/** Whether Telegram is switched on. Throws EnvironmentError. */
export function isSwitchedOn(environment: Environment): boolean {
  return readEnvironment(toggle, environment).TELEGRAM_WEBHOOK_ENABLED;
}

/** Reads {@link WebhookConfig} from TELEGRAM_WEBHOOK_SECRET; undefined when switched off. */
export function readWebhookConfig(environment: Environment): WebhookConfig | undefined {
  if (!isSwitchedOn(environment)) return undefined;
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

/** `token` or `bot=token`; what else is in a token would be another path of the API's. */
const TOKEN_ENTRY = /^(?:(?<bot>[\w-]{1,64})=)?(?<token>[\w:-]{1,256})$/;

/** Tokens by the labels of their bots, the default bot first. */
const botTokens = secretList.transform((entries, context): ReadonlyMap<string, string> => {
  const tokens = new Map<string, string>();
  for (const entry of entries) {
    const { bot = DEFAULT_BOT, token } = TOKEN_ENTRY.exec(entry)?.groups ?? {};
    if (token === undefined || tokens.has(bot))
      context.addIssue("must hold one token as BotFather gives it, or bot=token pairs with each bot once");
    else tokens.set(bot, token);
  }
  return tokens;
});

const tokenVariable = z.object({ TELEGRAM_BOT_TOKEN: botTokens });

const apiVariables = z.object({
  TELEGRAM_BASE_URL: baseUrl("https://api.telegram.org"),
  TELEGRAM_MESSAGES_PER_SECOND: messagesPerSecond(30),
});

/** What the worker needs to call the Bot API. */
export type ApiConfig = {
  /** By the labels of the bots; empty only when switched off. */
  tokens: ReadonlyMap<string, string>;
  /** Label of the bot that sends where none is named. */
  defaultBot: string;
  baseUrl: string;
  /** How many messages a bot sends at most. */
  messagesPerSecond: number;
};

/**
 * Reads {@link ApiConfig}. Where Telegram is switched off no token is needed: what was taken in before that waits.
 * @throws EnvironmentError
 */
export function readApiConfig(environment: Environment): ApiConfig {
  const given = isSwitchedOn(environment) || environment["TELEGRAM_BOT_TOKEN"];
  const tokens = given ? readEnvironment(tokenVariable, environment).TELEGRAM_BOT_TOKEN : new Map<string, string>();
  const variables = readEnvironment(apiVariables, environment);
  const [defaultBot = DEFAULT_BOT] = tokens.keys();
  return {
    tokens,
    defaultBot,
    baseUrl: variables.TELEGRAM_BASE_URL,
    messagesPerSecond: variables.TELEGRAM_MESSAGES_PER_SECOND,
  };
}

function wrong(problem: string): EnvironmentError {
  return new EnvironmentError([`TELEGRAM_WEBHOOK_SECRET: ${problem}`]);
}
