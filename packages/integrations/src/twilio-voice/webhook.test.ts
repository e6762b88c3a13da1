import { signUrl } from "@millrace/core";
import { expect, test } from "vitest";
import { isAuthentic } from "../../test/webhook-request.ts";
import { CALL_PATH, CALLBACK_PATH, twilioWebhooks } from "./webhook.ts";

const twiml = "<Response><Reject/></Response>";
const [calls, callbacks] = twilioWebhooks({ authTokens: ["token"], twiml });
if (!calls || !callbacks) throw new Error("two webhooks are expected");

/** A request from Twilio to a URL with a query, as the operator may configure it. */
function requestTo(path: string, fields: Record<string, string>, url = `https://hooks.example${path}?shop=1`) {
  const signature = signUrl("token", url, Object.entries(fields));
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature },
    query: new URL(url).searchParams,
    params: {},
    body: Buffer.from(new URLSearchParams(fields).toString()),
  };
}

const ended = { CallSid: "CA1", CallStatus: "completed", Note: " spaces stay " };

test("10: a request authenticates by its signature over the full URL and the fields", async () => {
  const request = requestTo(CALLBACK_PATH, ended);
  expect(await isAuthentic(callbacks, request)).toBe(true);
  expect(await isAuthentic(callbacks, { ...request, url: request.url.replace("shop=1", "shop=2") })).toBe(false);
  const withField = Buffer.from(`${String(request.body)}&Price=1`);
  expect(await isAuthentic(callbacks, { ...request, body: withField })).toBe(false);
});

test("10: a request that a Webhooks Rule signs with another key is refused, also with a valid signature", async () => {
  const { headers, ...request } = requestTo(CALLBACK_PATH, ended);
  for (const settings of ["key=k1,algorithm=HMAC_SHA256", ""]) {
    const other = { ...headers, "x-twilio-webhooks-signature-settings": settings };
    expect(await isAuthentic(callbacks, { ...request, headers: other })).toBe(false);
  }
});

test("a call is answered with the configured TwiML, and ends once it is recorded", () => {
  const call = { CallSid: "CA1", CallStatus: "ringing" };
  expect(calls.respond?.(requestTo(CALL_PATH, call))).toEqual({ contentType: "text/xml", body: twiml });
  const recorded = requestTo(CALL_PATH, { ...call, RecordingUrl: "https://api.twilio.com/R" });
  expect(calls.respond?.(recorded).body).toBe("<Response><Hangup/></Response>");
  expect(callbacks.respond).toBeUndefined();
});

test("3: an event has the same id when Twilio repeats it, and each status of a call or recording has its own", () => {
  const idOf = (fields: Record<string, string>) => callbacks.parse(requestTo(CALLBACK_PATH, fields))[0]?.id;
  const recording = { CallSid: "CA1", RecordingSid: "RE1", RecordingStatus: "completed" };
  expect(idOf({ ...ended, Later: "field" })).toBe(idOf(ended));
  expect([
    idOf(ended),
    idOf({ ...ended, CallStatus: "busy" }),
    idOf(recording),
    idOf({ ...recording, RecordingStatus: "absent" }),
    idOf({ ...recording, CallStatus: "completed", TranscriptionSid: "TR1" }),
    calls.parse(requestTo(CALL_PATH, ended))[0]?.id,
  ]).toEqual([
    "status.CA1.completed",
    "status.CA1.busy",
    "recording.RE1.completed",
    "recording.RE1.absent",
    "transcription.TR1",
    "incoming.CA1",
  ]);
});

test("10: a signed request cannot be replayed under another id by a shift of a name into an id", async () => {
  const sid = `RE${"0b".repeat(16)}`;
  const fields = { CallSid: "CA1", RecordingSid: sid, RecordingSource: "RecordVerb", RecordingStatus: "completed" };
  const { RecordingSource, ...rest } = fields;
  const shifted = { ...rest, RecordingSid: `${sid}RecordingSource${RecordingSource}` };
  const replayed = { ...requestTo(CALLBACK_PATH, fields), body: Buffer.from(new URLSearchParams(shifted).toString()) };
  // Twilio's scheme cannot distinguish the two.
  expect(await isAuthentic(callbacks, replayed)).toBe(true);
  expect(callbacks.parse(replayed)).toMatchObject([{ kind: "unreadable" }]);
});
