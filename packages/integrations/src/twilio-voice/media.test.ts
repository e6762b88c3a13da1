import { ProviderError } from "@millrace/core";
import { expect, test } from "vitest";
import { NOW } from "../../test/fetch-ports.ts";
import { chunks, failedResponses, openAnswered, openInSandbox } from "../../test/recordings.ts";
import { twilioVoice } from "./index.ts";
import { twilioMedia } from "./media.ts";
import { SAMPLE_ACCOUNT } from "./samples.ts";

const source = twilioMedia({ accountSid: "AC1", authToken: "weir-token", baseUrl: "https://twilio.test" });
const target = { channel: "twilio-voice", accountId: "AC2", id: "RE1" };

test("a recording is downloaded as MP3 with the credentials of the account", async () => {
  const body = chunks("audio");
  const { opened, requests } = openAnswered(source, target, { status: 200, headers: {}, body });
  expect(await opened).toEqual({ body, mimeType: "audio/mpeg", sha256: undefined, sizeBytes: undefined });
  const headers = { authorization: `Basic ${btoa("AC1:weir-token")}` };
  const url = "https://twilio.test/2010-04-01/Accounts/AC2/Recordings/RE1.mp3";
  expect(requests).toEqual([{ method: "GET", url, headers }]);
});

test("ids in a webhook cannot direct the credentials to another URL", async () => {
  const hostile = { ...target, accountId: "@evil.test/", id: "../../x?y#z" };
  const { opened, requests } = openAnswered(source, hostile, { status: 200, headers: {}, body: chunks("audio") });
  await opened;
  expect(requests[0]?.url).toBe(
    "https://twilio.test/2010-04-01/Accounts/%40evil.test%2F/Recordings/..%2F..%2Fx%3Fy%23z.mp3",
  );
});

test("a recording waits for its account", () => {
  expect(source.scopes({ accountId: "AC2" })).toEqual(["twilio-voice:AC2"]);
});

test.each(failedResponses("twilio-voice:AC2"))("fetching a recording fails %s", async (_, response, expected) => {
  const failure: unknown = await openAnswered(source, target, response).opened.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ProviderError);
  expect(failure).toMatchObject(expected);
  expect(String(failure)).not.toMatch(/weir-token|twilio\.test/);
});

test("the sandbox has the recording of the sample", async () => {
  const environment = { TWILIO_AUTH_TOKEN: "t", ...twilioVoice.local.endpoints({}, "http://sandbox.test") };
  const sample = twilioVoice.samples(environment, NOW)["recording"];
  const id = new URLSearchParams(sample?.body).get("RecordingSid") ?? "";
  const sampled = { channel: "twilio-voice", accountId: SAMPLE_ACCOUNT, id };
  expect(await openInSandbox(twilioVoice, sampled, { TWILIO_AUTH_TOKEN: "t" })).toMatchObject({
    mimeType: "audio/mpeg",
  });
});
