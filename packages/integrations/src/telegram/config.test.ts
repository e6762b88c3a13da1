import { EnvironmentError } from "@millrace/core";
import { expect, test } from "vitest";
import { readApiConfig, readWebhookConfig } from "./config.ts";

test("a lone secret is the default bot's", () => {
  expect(readWebhookConfig({ TELEGRAM_WEBHOOK_SECRET: "weir" })).toEqual({
    secrets: [{ bot: "default", secret: "weir" }],
  });
});

test("each bot has its secrets, several while one is being changed", () => {
  expect(readWebhookConfig({ TELEGRAM_WEBHOOK_SECRET: "shop=old, shop=new,help=other" })).toEqual({
    secrets: [
      { bot: "shop", secret: "old" },
      { bot: "shop", secret: "new" },
      { bot: "help", secret: "other" },
    ],
  });
});

test("switched off, it needs no secret", () => {
  expect(readWebhookConfig({ TELEGRAM_WEBHOOK_ENABLED: "false" })).toBeUndefined();
});

test.each([
  ["one that Telegram would not take", "we!r-hidden"],
  ["one that a padding sign would cut in two", "aGlkZGVu=="],
  ["one of a bot whose label would break an event id", "my.shop=weir-hidden"],
  ["the same for two bots", "shop=weir-hidden,help=weir-hidden"],
])("a secret is refused when it is %s, without being told", (_, value) => {
  const read = () => readWebhookConfig({ TELEGRAM_WEBHOOK_SECRET: value });
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow("TELEGRAM_WEBHOOK_SECRET");
  expect(read).not.toThrow(/hidden|aGlk/);
});

test("a lone token is the default bot's, for Telegram itself and 30 messages a second", () => {
  expect(readApiConfig({ TELEGRAM_BOT_TOKEN: "4711:weir_-Token" })).toEqual({
    tokens: new Map([["default", "4711:weir_-Token"]]),
    defaultBot: "default",
    baseUrl: "https://api.telegram.org",
    messagesPerSecond: 30,
  });
});

test("of several bots the first sends where none is named", () => {
  const config = readApiConfig({ TELEGRAM_BOT_TOKEN: "shop=4711:a, help=4712:b" });
  expect([config.defaultBot, ...config.tokens]).toEqual(["shop", ["shop", "4711:a"], ["help", "4712:b"]]);
});

test("switched off, no token is needed, and one that is there is kept", () => {
  const off = { TELEGRAM_WEBHOOK_ENABLED: "false" };
  expect(readApiConfig(off)).toMatchObject({ tokens: new Map(), defaultBot: "default" });
  expect(readApiConfig({ ...off, TELEGRAM_BOT_TOKEN: "shop=4711:a" }).tokens.size).toBe(1);
});

test.each([
  ["none", {}],
  ["one that would be another path of the API's", { TELEGRAM_BOT_TOKEN: "4711:hidden/../x" }],
  ["two of one bot", { TELEGRAM_BOT_TOKEN: "shop=4711:hidden,shop=4712:hidden" }],
])("%s is refused as a token, without being told", (_, environment) => {
  const read = () => readApiConfig(environment);
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow("TELEGRAM_BOT_TOKEN");
  expect(read).not.toThrow(/hidden/);
});

test.each(["0", "1001", "2.5", "many"])("%s messages a second are refused", (value) => {
  const read = () => readApiConfig({ TELEGRAM_BOT_TOKEN: "4711:a", TELEGRAM_MESSAGES_PER_SECOND: value });
  expect(read).toThrow("TELEGRAM_MESSAGES_PER_SECOND");
});
