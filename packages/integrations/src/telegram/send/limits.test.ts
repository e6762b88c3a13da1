import fc from "fast-check";
import type { RateLimit } from "@millrace/core";
import { expect, test } from "vitest";
import { telegramLimits } from "./limits.ts";

const place = { accountId: "shop/link-1", conversationId: "c-1" };

/** When messages may leave that are all ready at once: `burst` at once, then one per interval. */
function departures({ intervalMs, burst }: RateLimit, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.max(0, index + 1 - burst) * intervalMs);
}

function limitsOf(kind: "direct" | "group" | "channel", messagesPerSecond = 30) {
  const [chat, bot] = telegramLimits({ ...place, kind }, messagesPerSecond);
  if (!chat || !bot) throw new Error("no limits");
  return { chat, bot };
}

test("a message counts for its chat and its bot", () => {
  const { chat, bot } = limitsOf("direct");
  expect([chat.scope, bot.scope]).toEqual(["telegram:shop:c-1", "telegram:shop"]);
});

test("an answer in three parts is not held up, and one in five takes two seconds", () => {
  expect(departures(limitsOf("direct").chat, 5)).toEqual([0, 0, 0, 1000, 2000]);
});

test("a group gets at most 20 messages in a minute", () => {
  expect(departures(limitsOf("group").chat, 60).filter((at) => at < 60_000)).toHaveLength(20);
});

test("a bot sends no more than it may in a second, also when some messages take 200 ms longer than others", () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 1000 }), (perSecond) => {
      const leaving = departures(limitsOf("direct", perSecond).bot, 2 * perSecond);
      expect(leaving.filter((at) => at < 1200).length).toBeLessThanOrEqual(perSecond);
      expect(leaving.filter((at) => at < 1000).length).toBeGreaterThanOrEqual(Math.floor(perSecond * 0.8));
    }),
  );
});
