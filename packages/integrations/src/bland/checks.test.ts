import { expect, test } from "vitest";
import { checkedSandbox, runUnreachable } from "../../test/run-checks.ts";
import { bland } from "./index.ts";

test("a valid API key is ok, a wrong one a failure, and a missing one has no check", async () => {
  const { run } = checkedSandbox(bland);
  expect(await run()).toMatchObject([{ check: "bland API key", state: "ok" }]);
  expect(await run({ BLAND_API_KEY: "wrong" })).toMatchObject([
    { state: "fail", remedy: expect.stringContaining("BLAND_API_KEY") },
  ]);
  expect(await run({ BLAND_API_KEY: "" })).toEqual([]);
});

test("an account that is not active is a warning", async () => {
  expect(await checkedSandbox(bland).run({ BLAND_API_KEY: "sandbox-inactive" })).toMatchObject([
    { state: "warn", message: "the account is not active" },
  ]);
});

test("an unreachable API is a warning", async () => {
  expect(await runUnreachable(bland)).toMatchObject([{ state: "warn", remedy: expect.stringContaining("network") }]);
});
