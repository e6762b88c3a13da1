import { EnvironmentError } from "@millrace/core";
import { expect, test } from "vitest";
import { readWebhookConfig } from "./config.ts";

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
