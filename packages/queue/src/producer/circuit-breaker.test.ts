import { expect, test } from "vitest";
import { type Availability, createCircuitBreaker } from "./circuit-breaker.ts";
import { QueueUnavailableError } from "./queue-unavailable-error.ts";

function openHarness() {
  let time = 5_000;
  const changes: Availability[] = [];
  const breaker = createCircuitBreaker(
    () => time,
    (availability) => changes.push(availability),
  );
  return {
    changes,
    pass: (ms: number) => {
      time += ms;
    },
    isAdmitted: () => {
      try {
        breaker.admit();
        return true;
      } catch (error) {
        if (error instanceof QueueUnavailableError) return false;
        throw error;
      }
    },
    succeed: () => breaker.observe(Promise.resolve()),
    fail: async () => {
      await expect(breaker.observe(Promise.reject(new Error("away")))).rejects.toThrow("away");
    },
  };
}

test("1: three failures in a row open the circuit, and a success between them does not", async () => {
  const { changes, isAdmitted, succeed, fail } = openHarness();
  await fail();
  await fail();
  await succeed();
  await fail();
  await fail();
  expect(isAdmitted()).toBe(true);
  await fail();
  expect(isAdmitted()).toBe(false);
  await fail();
  expect(changes).toEqual(["unavailable"]);
});

test("1: an open circuit lets one probe pass per second, and the first success closes it", async () => {
  const { changes, pass, isAdmitted, succeed, fail } = openHarness();
  for (let failures = 0; failures < 3; failures++) await fail();
  pass(999);
  expect(isAdmitted()).toBe(false);
  pass(1);
  expect([isAdmitted(), isAdmitted()]).toEqual([true, false]);
  await fail();
  pass(1_000);
  expect([isAdmitted(), isAdmitted()]).toEqual([true, false]);
  await succeed();
  expect([isAdmitted(), isAdmitted()]).toEqual([true, true]);
  expect(changes).toEqual(["unavailable", "available"]);
});
