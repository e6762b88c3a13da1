import fc from "fast-check";
import type { RateLimit } from "@millrace/core";
import { expect, test } from "vitest";
import { telegramLimits } from "./limits.ts";

const conversation = { accountId: "shop/link-1", conversationId: "c-1" };

/** The send times of messages that are ready at the same time: `burst` at once, then one per interval. */
function sendTimes({ intervalMs, burst }: RateLimit, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.max(0, index + 1 - burst) * intervalMs);
}

function limitsOf(kind: "direct" | "group" | "channel", messagesPerSecond = 30) {
  const [chat, bot] = telegramLimits({ ...conversation, kind }, messagesPerSecond);
  if (!chat || !bot) throw new Error("no limits");
  return { chat, bot };
}

test("a message counts towards the limits of its chat and its bot", () => {
  const { chat, bot } = limitsOf("direct");
  expect([chat.scope, bot.scope]).toEqual(["telegram:shop:c-1", "telegram:shop"]);
});

test("three parts of an answer are sent at once, and five take two seconds", () => {
  expect(sendTimes(limitsOf("direct").chat, 5)).toEqual([0, 0, 0, 1000, 2000]);
});

test("a group gets at most 20 messages per minute", () => {
  expect(sendTimes(limitsOf("group").chat, 60).filter((at) => at < 60_000)).toHaveLength(20);
});

test("a bot stays within its limit per second, even if some messages take 200 ms longer than others", () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 1000 }), (perSecond) => {
      const times = sendTimes(limitsOf("direct", perSecond).bot, 2 * perSecond);
      expect(times.filter((at) => at < 1200).length).toBeLessThanOrEqual(perSecond);
      expect(times.filter((at) => at < 1000).length).toBeGreaterThanOrEqual(Math.floor(perSecond * 0.8));
    }),
  );
});
