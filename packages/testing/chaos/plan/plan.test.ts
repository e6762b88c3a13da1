import { expect, test } from "vitest";
import { RESOURCES } from "./faults.ts";
import { planRun, shortenPlan } from "./plan.ts";

const TEN_MINUTES = 600_000;

test("the same seed makes the same plan, and another seed makes another", () => {
  const plan = planRun(7, "redis", TEN_MINUTES);
  expect(planRun(7, "redis", TEN_MINUTES)).toEqual(plan);
  expect(planRun(8, "redis", TEN_MINUTES)).not.toEqual(plan);
});

test("faults of one resource do not overlap, and all end with the run", () => {
  const { faults } = planRun(7, "redis", TEN_MINUTES);
  for (const resource of RESOURCES) {
    const own = faults.filter((fault) => fault.resource === resource);
    for (const [index, { at }] of own.entries()) {
      const before = own[index - 1];
      expect(at).toBeGreaterThan(before ? before.at + before.durationMs : 0);
    }
  }
  expect(Math.max(...faults.map(({ at, durationMs }) => at + durationMs))).toBeLessThanOrEqual(TEN_MINUTES);
});

test("a shortened plan has the same faults and steps in the same order", () => {
  const plan = planRun(7, "redis", TEN_MINUTES);
  const short = shortenPlan(plan, 1 / 2);
  expect(short.runMs).toBe(TEN_MINUTES / 2);
  expect(short.faults.map(({ name, at }) => [name, at])).toEqual(
    plan.faults.map(({ name, at }) => [name, Math.round(at / 2)]),
  );
  expect(short.steps.map(({ index, at }) => [index, at])).toEqual(
    plan.steps.map(({ index, at }) => [index, Math.round(at / 2)]),
  );
});

test("a hundred seeds have every kind of fault and of step", () => {
  const plans = Array.from({ length: 100 }, (_, seed) => planRun(seed, "redis", TEN_MINUTES));
  const faults = new Set(plans.flatMap((plan) => plan.faults.map(({ resource, name }) => `${resource}: ${name}`)));
  const steps = new Set(plans.flatMap((plan) => plan.steps.map(({ kind }) => kind)));
  expect(faults.size).toBe(4 * 3 + 13 + 13 + 11);
  expect(steps.size).toBe(16);
});

test("a run with the queue on Postgres has no fault of Redis", () => {
  const { faults } = planRun(7, "postgres", TEN_MINUTES);
  expect(faults.filter(({ resource }) => resource === "redis")).toEqual([]);
});
