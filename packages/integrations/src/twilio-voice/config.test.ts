import { EnvironmentError } from "@millrace/core";
import { expect, test } from "vitest";
import { readApiConfig, readWebhookConfig } from "./config.ts";
import { twilioVoice } from "./index.ts";

const on = { TWILIO_VOICE_WEBHOOK_ENABLED: "true" };
const accountSid = `AC${"0b".repeat(16)}`;

test("Twilio Voice is switched off unless its variable is true, and then needs no variable", () => {
  expect([readWebhookConfig({}), readApiConfig({})]).toEqual([undefined, undefined]);
});

test("a call is answered with a mailbox unless other TwiML is set", () => {
  const environment = { ...on, TWILIO_AUTH_TOKEN: "old, new" };
  expect(readWebhookConfig(environment)).toEqual({
    authTokens: ["old", "new"],
    twiml: expect.stringMatching(/^<Response><Say>.*<Record recordingStatusCallback="callback" .*<\/Response>$/),
  });
  for (const twiml of ["<Response/>", '<?xml version="1.0"?>\n<Response>\n<Reject/>\n</Response>'])
    expect(readWebhookConfig({ ...environment, TWILIO_VOICE_TWIML: twiml })?.twiml).toBe(twiml);
});

test.each(["Hello", "<Response>", "<Response><Say>Hello</Say>", "<Say>Hello</Say>"])(
  "the TwiML %s stops the start",
  (twiml) => {
    const read = () => readWebhookConfig({ ...on, TWILIO_AUTH_TOKEN: "t", TWILIO_VOICE_TWIML: twiml });
    expect(read).toThrow("TWILIO_VOICE_TWIML: must be TwiML");
  },
);

test("the first auth token is the one for the API", () => {
  const environment = { ...on, TWILIO_AUTH_TOKEN: "new,old", TWILIO_ACCOUNT_SID: accountSid };
  expect(readApiConfig(environment)).toEqual({ accountSid, authToken: "new", baseUrl: "https://api.twilio.com" });
});

test.each([
  ["TWILIO_AUTH_TOKEN", { TWILIO_ACCOUNT_SID: accountSid }],
  ["TWILIO_ACCOUNT_SID", { TWILIO_AUTH_TOKEN: "hidden" }],
  ["TWILIO_ACCOUNT_SID", { TWILIO_AUTH_TOKEN: "hidden", TWILIO_ACCOUNT_SID: "hidden" }],
  ["TWILIO_BASE_URL", { TWILIO_AUTH_TOKEN: "hidden", TWILIO_ACCOUNT_SID: accountSid, TWILIO_BASE_URL: "hidden" }],
])("a missing or wrong %s stops the worker, and the error does not contain a value", (name, environment) => {
  const read = () => readApiConfig({ ...on, ...environment });
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow(name);
  expect(read).not.toThrow(/hidden/);
});

test("npm start switches it on without an account, unless its variable is set", () => {
  const endpoints = (environment: Record<string, string>) =>
    twilioVoice.local.endpoints(environment, "http://127.0.0.1:8082");
  expect(endpoints({})).toMatchObject(on);
  const off = { TWILIO_VOICE_WEBHOOK_ENABLED: "false" };
  expect(endpoints(off)).toMatchObject(off);
  expect(endpoints({ TWILIO_ACCOUNT_SID: accountSid })).toEqual({});
});
