import { expect, test } from "vitest";
import { createSandboxApp } from "../app.ts";

const account = `AC${"5a".repeat(16)}`;
const app = createSandboxApp({ now: () => new Date(0) });

function get(recording: string, credentials = `${account}:token`) {
  const headers = { authorization: `Basic ${btoa(credentials)}` };
  return app.request(`/twilio-voice/2010-04-01/Accounts/${account}/Recordings/${recording}.mp3`, { headers });
}

test("a recording is an audio file", async () => {
  const response = await get(`RE${"0b".repeat(16)}`);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "audio/mpeg"]);
  expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(0);
});

test.each([
  ["a recording that was deleted", `RE${"0b".repeat(14)}0404`, undefined, 404],
  ["an invalid SID", "RE1", undefined, 404],
  ["the credentials of another account", `RE${"0b".repeat(16)}`, "AC1:token", 401],
  ["no token", `RE${"0b".repeat(16)}`, `${account}:`, 401],
])("%s gets Twilio's error", async (_, recording, credentials, status) => {
  const response = await get(recording, credentials);
  expect(await response.json()).toMatchObject({ status });
  expect(response.status).toBe(status);
});
