import { expect, test } from "vitest";
import { checkedSandbox, runUnreachable } from "../../test/run-checks.ts";
import { whatsapp } from "./index.ts";

test("each number is checked with its own token, and the default number with the default token", async () => {
  const variables = { WHATSAPP_ACCESS_TOKEN: "sandbox,1065=expired,1066=wrong", WHATSAPP_PHONE_NUMBER_ID: "1067" };
  expect(await checkedSandbox(whatsapp).run(variables)).toMatchObject([
    { check: "whatsapp 1067", state: "ok" },
    { check: "whatsapp 1065", state: "fail", remedy: expect.stringContaining("WHATSAPP_ACCESS_TOKEN") },
    { check: "whatsapp 1066", state: "fail" },
  ]);
});

test("a default token is checked without a number if none is configured", async () => {
  const { run } = checkedSandbox(whatsapp);
  const without = { WHATSAPP_PHONE_NUMBER_ID: "" };
  const check = "whatsapp access token";
  expect(await run(without)).toEqual([{ check, state: "ok", message: "the token is valid" }]);
  expect(await run({ ...without, WHATSAPP_ACCESS_TOKEN: "wrong" })).toMatchObject([{ check, state: "fail" }]);
});

test("a number that the token may not read is a failure", async () => {
  expect(await checkedSandbox(whatsapp).run({ WHATSAPP_PHONE_NUMBER_ID: "1404" })).toMatchObject([{ state: "fail" }]);
});

test.each([
  ["disconnected", "fail", "DISCONNECTED"],
  ["flagged", "warn", "FLAGGED"],
  ["red_quality", "warn", "RED"],
  ["declined_name", "warn", "display name"],
])("the state of the number is reported: %s", async (fault, state, message) => {
  const { run, post } = checkedSandbox(whatsapp);
  await post("/_faults", { match: { api: "numbers" }, fault });
  expect(await run()).toMatchObject([{ state, message: expect.stringContaining(message) }]);
});

test("an unreachable Graph API is a warning", async () => {
  expect(await runUnreachable(whatsapp)).toMatchObject([{ state: "warn", remedy: expect.stringContaining("network") }]);
});
