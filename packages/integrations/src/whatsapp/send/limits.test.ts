import fc from "fast-check";
import { expect, test } from "vitest";
import { whatsappLimits } from "./limits.ts";

const place = { accountId: "1065", conversationId: "c-1" };

test("a message counts for its number, and for its conversation without telling whose it is", () => {
  expect(whatsappLimits(place, 80)).toEqual([
    { scope: "whatsapp:1065", intervalMs: 1000 / 64, burst: 2 },
    { scope: "whatsapp:1065:c-1", intervalMs: 6000, burst: 44 },
  ]);
});

/** When messages may go that come at these times, by the generic cell rate algorithm that the limiter goes by. */
function timesOf(arrivals: readonly number[], { intervalMs, burst }: { intervalMs: number; burst: number }): number[] {
  let usedUntil = 0;
  return arrivals.map((at) => {
    usedUntil = Math.max(usedUntil, at) + intervalMs;
    return Math.max(at, usedUntil - burst * intervalMs);
  });
}

test("no second holds more than the number's limit, whenever messages come, also if some take 150 ms longer", () => {
  const gaps = fc.array(fc.oneof(fc.constant(0), fc.integer({ max: 40, min: 0 }), fc.constant(900)), {
    maxLength: 400,
  });
  fc.assert(
    fc.property(gaps, fc.constantFrom(20, 80, 250, 1000), (between, perSecond) => {
      let clock = 0;
      const arrivals = between.map((gap) => (clock += gap));
      const [limit] = whatsappLimits(place, perSecond);
      expect(limit).toBeDefined();
      const times = limit ? timesOf(arrivals, limit) : [];
      for (const start of times) {
        const within = times.filter((time) => time >= start && time < start + 1150);
        expect(within.length).toBeLessThanOrEqual(perSecond);
      }
    }),
  );
});
