import { expect, test } from "vitest";
import { faultOrder } from "./fault-order.ts";
import { createFaultQueue } from "./fault-queue.ts";

const all = () => true;
const subjects = Array.from({ length: 3000 }, (_, index) => `message-${index}`);

/** Which of the subjects a fault strikes, each in so many attempts. */
function struck(order: object, attempts: number, names = subjects): Set<string> {
  const faults = createFaultQueue();
  faults.add(faultOrder.parse({ fault: "http_500", ...order }));
  const failures: string[] = [];
  for (let attempt = 1; attempt <= attempts; attempt++)
    for (const name of names) if (faults.take({}, all, () => name)) failures.push(`${name} ${attempt}`);
  return new Set(failures);
}

test("a share of the requests fails, about as many as ordered", () => {
  const failed = struck({ share: 0.33 }, 1);
  expect(failed.size).toBeGreaterThan(3000 * 0.3);
  expect(failed.size).toBeLessThan(3000 * 0.36);
});

test("the same seed strikes the same messages however they arrive, another seed others", () => {
  const failed = struck({ share: 0.5, seed: 7 }, 2);
  expect(struck({ share: 0.5, seed: 7 }, 2, subjects.toReversed())).toEqual(failed);
  expect(struck({ share: 0.5, seed: 8 }, 2)).not.toEqual(failed);
});

test("only a message's first request fails where so ordered", () => {
  const failed = struck({ share: 0.5, first: true }, 3);
  expect(failed.size).toBeGreaterThan(1000);
  expect([...failed].filter((name) => !name.endsWith(" 1"))).toEqual([]);
  expect(struck({ first: true }, 3).size).toBe(3000);
});

test("a share without `first` can strike a message again, but not for ever", () => {
  const failed = struck({ share: 0.5 }, 20, ["one"]);
  expect(failed.size).toBeGreaterThan(1);
  expect(failed.size).toBeLessThan(20);
});

test("a share ends after the times that were ordered", () => {
  expect(struck({ share: 0.9, times: 5 }, 1).size).toBe(5);
});

test("what a share spares meets the next order", () => {
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
])("the order %j could never be carried out and is refused", (order) => {
  expect(faultOrder.safeParse(order).success).toBe(false);
});
