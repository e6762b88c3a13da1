import { EnvironmentError } from "@millrace/core";
import { expect, test } from "vitest";
import { readApiConfig, readWebhookConfig } from "./config.ts";

test("a secret without a label is the default bot's", () => {
  expect(readWebhookConfig({ TELEGRAM_WEBHOOK_SECRET: "weir" })).toEqual({
    secrets: [{ bot: "default", secret: "weir" }],
  });
});

test("each bot has its own secrets, and several during a rotation", () => {
  expect(readWebhookConfig({ TELEGRAM_WEBHOOK_SECRET: "shop=old, shop=new,help=other" })).toEqual({
    secrets: [
      { bot: "shop", secret: "old" },
      { bot: "shop", secret: "new" },
      { bot: "help", secret: "other" },
    ],
  });
});

test("no secret is required while Telegram is switched off", () => {
  expect(readWebhookConfig({ TELEGRAM_WEBHOOK_ENABLED: "false" })).toBeUndefined();
});

test.each([
  ["it has characters that Telegram rejects", "we!r-hidden"],
  ["it has base64 padding, which looks like a label", "aGlkZGVu=="],
  ["its label has a dot, which would break an event id", "my.shop=weir-hidden"],
  ["two bots have the same", "shop=weir-hidden,help=weir-hidden"],
])("a secret is rejected if %s, and the error does not contain it", (_, value) => {
  const read = () => readWebhookConfig({ TELEGRAM_WEBHOOK_SECRET: value });
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow("TELEGRAM_WEBHOOK_SECRET");
  expect(read).not.toThrow(/hidden|aGlk/);
});

test("a token without a label is the default bot's, with Telegram's URL and 30 messages per second as defaults", () => {
  expect(readApiConfig({ TELEGRAM_BOT_TOKEN: "4711:weir_-Token" })).toEqual({
    tokens: new Map([["default", "4711:weir_-Token"]]),
    defaultBot: "default",
    baseUrl: "https://api.telegram.org",
    messagesPerSecond: 30,
  });
});

test("the first of several bots is the default sender", () => {
  const config = readApiConfig({ TELEGRAM_BOT_TOKEN: "shop=4711:a, help=4712:b" });
  expect([config.defaultBot, ...config.tokens]).toEqual(["shop", ["shop", "4711:a"], ["help", "4712:b"]]);
});

test("no token is required while Telegram is switched off, and a configured one is kept", () => {
  const off = { TELEGRAM_WEBHOOK_ENABLED: "false" };
  expect(readApiConfig(off)).toMatchObject({ tokens: new Map(), defaultBot: "default" });
  expect(readApiConfig({ ...off, TELEGRAM_BOT_TOKEN: "shop=4711:a" }).tokens.size).toBe(1);
});

test.each([
  ["a missing token", {}],
  ["a token that would change the URL's path", { TELEGRAM_BOT_TOKEN: "4711:hidden/../x" }],
  ["two tokens of one bot", { TELEGRAM_BOT_TOKEN: "shop=4711:hidden,shop=4712:hidden" }],
])("%s stops the start, and the error does not contain it", (_, environment) => {
  const read = () => readApiConfig(environment);
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow("TELEGRAM_BOT_TOKEN");
  expect(read).not.toThrow(/hidden/);
});

test.each(["0", "1001", "2.5", "many"])("%s messages per second are rejected", (value) => {
  const read = () => readApiConfig({ TELEGRAM_BOT_TOKEN: "4711:a", TELEGRAM_MESSAGES_PER_SECOND: value });
  expect(read).toThrow("TELEGRAM_MESSAGES_PER_SECOND");
});
