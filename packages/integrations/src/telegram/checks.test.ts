import { expect, test } from "vitest";
import { checkedSandbox, runUnreachable } from "../../test/run-checks.ts";
import { telegram } from "./index.ts";

test("each bot is checked with its own token", async () => {
  const variables = { TELEGRAM_BOT_TOKEN: "shop=7:sandbox,help=8:revoked,old=wrong" };
  expect(await checkedSandbox(telegram).run(variables)).toMatchObject([
    { check: "telegram bot shop", state: "ok" },
    { check: "telegram bot help", state: "fail", remedy: expect.stringContaining("TELEGRAM_BOT_TOKEN") },
    { check: "telegram bot old", state: "fail" },
  ]);
});

test.each([
  ["a bot without a webhook", "", "the bot has no webhook"],
  ["a webhook that Telegram cannot reach", "https://mill.invalid/hook", "Failed to resolve host"],
])("%s is a warning", async (_, url, message) => {
  const { run, post } = checkedSandbox(telegram);
  await post("/telegram/botsandbox/setWebhook", { url });
  expect(await run()).toMatchObject([
    { state: "warn", message: expect.stringContaining(message), remedy: expect.stringContaining("ebhook") },
  ]);
});

test("an unreachable Bot API is a warning", async () => {
  expect(await runUnreachable(telegram)).toMatchObject([{ state: "warn", remedy: expect.stringContaining("network") }]);
});
