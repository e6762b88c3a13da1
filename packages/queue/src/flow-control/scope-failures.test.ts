import { expect, test } from "vitest";
import { createScopeFailures } from "./scope-failures.ts";

test("14: the third failure in a row opens the circuit, also when one job fails alone", () => {
  const failures = createScopeFailures();
  expect(["a", "b", "c", "d"].map((job) => failures.failed("page:1", job))).toEqual(["wait", "wait", "open", "open"]);
  expect(["a", "a", "a"].map((job) => failures.failed("page:2", job))).toEqual(["wait", "wait", "open"]);
});

test("14: a success closes the circuit again", () => {
  const failures = createScopeFailures();
  for (const job of ["a", "b"]) failures.failed("page", job);
  failures.succeeded(["page"]);
  expect(["c", "d", "e"].map((job) => failures.failed("page", job))).toEqual(["wait", "wait", "open"]);
});

test("14: a job that fails while the scope works for others uses its attempts and opens no circuit", () => {
  const failures = createScopeFailures();
  expect(failures.failed("page", "bad")).toBe("wait");
  for (let round = 0; round < 10; round += 1) {
    failures.succeeded(["page"]);
    expect(failures.failed("page", "bad")).toBe("attempt");
  }
  expect(failures.failed("page", "other")).toBe("wait");
});

test("14: a success of another scope changes nothing", () => {
  const failures = createScopeFailures();
  for (const job of ["a", "b"]) failures.failed("page:1", job);
  failures.succeeded(["page:2"]);
  expect(failures.failed("page:1", "a")).toBe("open");
});
