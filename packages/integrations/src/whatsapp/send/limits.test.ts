import fc from "fast-check";
import { expect, test } from "vitest";
import { whatsappLimits } from "./limits.ts";

const conversation = { accountId: "1065", conversationId: "c-1" };

test("a message counts towards the limits of its number and its conversation, and the scope has no personal data", () => {
  expect(whatsappLimits(conversation, 80)).toEqual([
    { scope: "whatsapp:1065", intervalMs: 1000 / 64, burst: 2 },
    { scope: "whatsapp:1065:c-1", intervalMs: 6000, burst: 44 },
  ]);
});

/** The send times of messages with these arrival times, by the generic cell rate algorithm of the limiter. */
function sendTimes(
  arrivals: readonly number[],
  { intervalMs, burst }: { intervalMs: number; burst: number },
): number[] {
  let usedUntil = 0;
  return arrivals.map((at) => {
    usedUntil = Math.max(usedUntil, at) + intervalMs;
    return Math.max(at, usedUntil - burst * intervalMs);
  });
}

test("a number stays within its limit per second for any arrival times, even if some messages take 150 ms longer", () => {
  const gaps = fc.array(fc.oneof(fc.constant(0), fc.integer({ max: 40, min: 0 }), fc.constant(900)), {
    maxLength: 400,
  });
  fc.assert(
    fc.property(gaps, fc.constantFrom(20, 80, 250, 1000), (between, perSecond) => {
      let clock = 0;
      const arrivals = between.map((gap) => (clock += gap));
      const [limit] = whatsappLimits(conversation, perSecond);
      expect(limit).toBeDefined();
      const times = limit ? sendTimes(arrivals, limit) : [];
      for (const start of times) {
        const within = times.filter((time) => time >= start && time < start + 1150);
        expect(within.length).toBeLessThanOrEqual(perSecond);
      }
    }),
  );
});
