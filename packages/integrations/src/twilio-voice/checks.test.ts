import { expect, test } from "vitest";
import { checkedSandbox, runUnreachable } from "../../test/run-checks.ts";
import { twilioVoice } from "./index.ts";

test("a valid auth token is ok, and a wrong one a failure", async () => {
  const { run } = checkedSandbox(twilioVoice);
  expect(await run()).toMatchObject([{ check: "twilio-voice account", state: "ok" }]);
  expect(await run({ TWILIO_AUTH_TOKEN: "wrong" })).toMatchObject([
    { state: "fail", remedy: expect.stringContaining("TWILIO_AUTH_TOKEN") },
  ]);
});

test("a suspended account is a failure", async () => {
  const variables = { TWILIO_ACCOUNT_SID: `AC${"0".repeat(28)}dead` };
  expect(await checkedSandbox(twilioVoice).run(variables)).toMatchObject([
    { state: "fail", message: "the account is suspended" },
  ]);
});

test("an unreachable API is a warning", async () => {
  expect(await runUnreachable(twilioVoice)).toMatchObject([
    { state: "warn", remedy: expect.stringContaining("network") },
  ]);
});
