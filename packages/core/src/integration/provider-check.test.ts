import { expect, test } from "vitest";
import { permanent, ProviderError, unavailable } from "../errors/provider-error.ts";
import { type CheckOutcome, type CheckPorts, runProviderCheck } from "./provider-check.ts";

const ports = { http: () => Promise.reject(new Error("no call is expected")), now: () => new Date(0) };

function result(run: (ports: CheckPorts) => Promise<CheckOutcome>, deadlineMs = 1_000) {
  return runProviderCheck({ check: "acme token", remedy: "set ACME_TOKEN", run }, ports, deadlineMs);
}

test("a check has the remedy of its outcome, or else its own", async () => {
  expect(await result(async () => ({ state: "ok", message: "valid" }))).toEqual({
    check: "acme token",
    state: "ok",
    message: "valid",
  });
  expect(await result(async () => ({ state: "warn", message: "old" }))).toMatchObject({ remedy: "set ACME_TOKEN" });
  expect(await result(async () => ({ state: "warn", message: "old", remedy: "renew it" }))).toMatchObject({
    remedy: "renew it",
  });
});

test.each([
  ["a rejected token", new ProviderError("rejected", { kind: "paused", scope: "acme" }), "fail", "set ACME_TOKEN"],
  ["a rejected request", permanent("no such field"), "warn", "set ACME_TOKEN"],
  ["an unreachable provider", unavailable("network failure: ECONNREFUSED"), "warn", "check the network"],
])("%s has a state and a remedy", async (_, error, state, remedy) => {
  const found = await result(() => Promise.reject(error));
  expect(found).toMatchObject({ state, message: error.message, remedy: expect.stringContaining(remedy) });
});

test("a provider that does not answer is a warning at the deadline, and the request is aborted", async () => {
  let signal: AbortSignal | undefined;
  const found = await result((given) => {
    signal = given.signal;
    return new Promise(() => undefined);
  }, 1);
  expect(found).toMatchObject({ state: "warn", remedy: expect.stringContaining("check the network") });
  expect(signal?.aborted).toBe(true);
});

test("the message of an unexpected error is not shown", async () => {
  const { message } = await result(() => Promise.reject(new Error("token hush")));
  expect(message).not.toContain("hush");
});
