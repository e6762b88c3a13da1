import { expect, test } from "vitest";
import { faultBody } from "./fault-body.ts";
import { createFaultQueue } from "./fault-queue.ts";

const all = () => true;
const subjects = Array.from({ length: 3000 }, (_, index) => `message-${index}`);

/** Returns the attempts that fail, as "subject attempt". */
function failuresOf(fault: object, attempts: number, names = subjects): Set<string> {
  const faults = createFaultQueue();
  faults.add(faultBody.parse({ fault: "http_500", ...fault }));
  const failed: string[] = [];
  for (let attempt = 1; attempt <= attempts; attempt++)
    for (const name of names) if (faults.take({}, all, () => name)) failed.push(`${name} ${attempt}`);
  return new Set(failed);
}

test("the configured share of the requests fails", () => {
  const failures = failuresOf({ share: 0.33 }, 1);
  expect(failures.size).toBeGreaterThan(3000 * 0.3);
  expect(failures.size).toBeLessThan(3000 * 0.36);
});

test("the same seed selects the same messages in any order, and another seed selects others", () => {
  const failures = failuresOf({ share: 0.5, seed: 7 }, 2);
  expect(failuresOf({ share: 0.5, seed: 7 }, 2, subjects.toReversed())).toEqual(failures);
  expect(failuresOf({ share: 0.5, seed: 8 }, 2)).not.toEqual(failures);
});

test("with `first` only the first request of a message fails", () => {
  const failures = failuresOf({ share: 0.5, first: true }, 3);
  expect(failures.size).toBeGreaterThan(1000);
  expect([...failures].filter((name) => !name.endsWith(" 1"))).toEqual([]);
  expect(failuresOf({ first: true }, 3).size).toBe(3000);
});

test("without `first` a message can fail several times, but not forever", () => {
  const failures = failuresOf({ share: 0.5 }, 20, ["one"]);
  expect(failures.size).toBeGreaterThan(1);
  expect(failures.size).toBeLessThan(20);
});

test("a share ends after `times` faults", () => {
  expect(failuresOf({ share: 0.9, times: 5 }, 1).size).toBe(5);
});

test("a request that a share does not select gets the next fault", () => {
  const faults = createFaultQueue();
  faults.add({ match: {}, fault: "rare", times: 1, share: 1e-9 });
  faults.add({ match: {}, fault: "sure", times: 1 });
  expect(faults.take({}, all, () => "one")).toBe("sure");
});

test.each([
  { fault: "code:131056", match: { api: "telegram" } },
  { fault: "blocked", match: { messageId: "1" } },
  { fault: "status_failed:", match: {} },
  { fault: "http_500", match: { chatId: "1", messageId: "1" } },
  { fault: "http_500", share: 0 },
  { fault: "http_500", share: 1.5 },
])("the fault %j can apply to no request and is rejected", (fault) => {
  expect(faultBody.safeParse(fault).success).toBe(false);
});
