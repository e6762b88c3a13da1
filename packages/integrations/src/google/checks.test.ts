import { afterEach, expect, test, vi } from "vitest";
import { checkedSandbox, runUnreachable } from "../../test/run-checks.ts";
import { google } from "./index.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("credentials that the Data Manager API accepts are ok", async () => {
  expect(await checkedSandbox(google).run()).toEqual([
    { check: "google credentials", state: "ok", message: "Google accepts the credentials" },
  ]);
});

test.each([
  ["expired_token", "rejects the credentials"],
  ["service_disabled", "may not use the Data Manager API"],
])("credentials that Google rejects are a failure: %s", async (fault, message) => {
  const { run, post } = checkedSandbox(google);
  await post("/_faults", { match: { api: "google" }, fault, times: 2 });
  expect(await run()).toMatchObject([
    { state: "fail", message: expect.stringContaining(message), remedy: expect.stringContaining("GOOGLE_") },
  ]);
});

test("a missing key file is a failure", async () => {
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json");
  expect(await checkedSandbox(google).run({ GOOGLE_ACCESS_TOKEN: "" })).toMatchObject([{ state: "fail" }]);
});

test("an unreachable Data Manager API is a warning", async () => {
  expect(await runUnreachable(google)).toMatchObject([{ state: "warn", remedy: expect.stringContaining("network") }]);
});
