import { baseUrl, EnvironmentError, type Environment, readEnvironment, readToggle, secretList } from "@millrace/core";
import { z } from "zod";
import { messagesPerSecond } from "../shared/send/config.ts";

const variables = z.object({ TELEGRAM_WEBHOOK_SECRET: secretList });

/** The label of a bot that is configured without one. */
const DEFAULT_BOT = "default";

/**
 * `secret` or `bot=secret`. The characters of a secret: https://core.telegram.org/bots/api#setwebhook. A label has no
 * dot and no slash, because event ids and account ids contain it.
 */
const ENTRY = /^(?:(?<bot>[\w-]{1,64})=)?(?<secret>[\w-]{1,256})$/;

/** A secret and the label of the bot that uses it in setWebhook. A bot has several secrets during a rotation. */
export type BotSecret = { bot: string; secret: string };

/** The configuration of the webhook. */
export type WebhookConfig = { secrets: readonly BotSecret[] };

/** Whether Telegram is switched on. Throws EnvironmentError. */
export function isSwitchedOn(environment: Environment): boolean {
  return readToggle("telegram", environment, true);
}

/** Reads {@link WebhookConfig} from TELEGRAM_WEBHOOK_SECRET; undefined when Telegram is switched off. */
export function readWebhookConfig(environment: Environment): WebhookConfig | undefined {
  if (!isSwitchedOn(environment)) return undefined;
  const entries = readEnvironment(variables, environment).TELEGRAM_WEBHOOK_SECRET;
  const secrets = entries.map(readEntry);
  for (const { bot, secret } of secrets) {
    // An update does not name its bot: only the secret identifies it.
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

/** `token` or `bot=token`. Other characters in a token could change the path of the URL. */
const TOKEN_ENTRY = /^(?:(?<bot>[\w-]{1,64})=)?(?<token>[\w:-]{1,256})$/;

/** The tokens by label, the default bot first. */
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

/** The configuration of calls to the Bot API. */
export type ApiConfig = {
  /** The tokens by label. Empty only when Telegram is switched off. */
  tokens: ReadonlyMap<string, string>;
  /** The label of the bot that sends by default. */
  defaultBot: string;
  baseUrl: string;
  /** The highest send rate of a bot. */
  messagesPerSecond: number;
};

/**
 * Reads {@link ApiConfig}. No token is required while Telegram is switched off: jobs accepted before wait.
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
