import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { factLines } from "../../test/describe-facts.ts";
import { NOW } from "../../test/fetch-ports.ts";
import { inboundEvent } from "../../test/handle-event.ts";
import { localEnvironment } from "../../test/local-environment.ts";
import { whatsappHandler } from "./inbound/handler.ts";
import { whatsapp } from "./index.ts";
import { parseWhatsappWebhook } from "./webhook/parse.ts";
import { whatsappSendRoute } from "./send/route.ts";

const folder = new URL("fixtures/", import.meta.url);
const { environment } = localEnvironment(whatsapp);
const samples = whatsapp.samples(environment, NOW);
const handler = whatsappHandler(true);

/** The facts of the events of a webhook's body. */
function factsOf(body: unknown): string[] {
  const events = parseWhatsappWebhook({ body: Buffer.from(JSON.stringify(body)) });
  return events.flatMap((event) => factLines(handler, inboundEvent("whatsapp", event)));
}

const NUMBER = "111000111000111";
const ADA = "with DE.5550000000000000001+4917000000001? (Ada Brook) of the contact as activity";
const AT = "at 2026-09-21T14:13:20Z";
const SAMPLE_ADA = "in direct whatsapp/100000000000001 with 4915100000001? (Ada Sample) of the contact";
const SAMPLE_AT = "at 2026-11-23T08:00:00Z";

/** The facts of each fixture. */
const FIXTURES: Record<string, readonly string[]> = {
  "audio-voice": [`inbound audio file 333002 (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${AT}`],
  batch: [
    `inbound text "one" (received) wamid.B1 in direct whatsapp/${NUMBER} ${ADA} ${AT}`,
    `inbound text "two" (received) wamid.B2 in direct whatsapp/${NUMBER} with 4917000000002? (Bo Reed) of the contact as activity ${AT}`,
    `status sent of wamid.OURS at ${NUMBER} ${AT}`,
    "unhandled: 130429",
    "unhandled: account_update",
    `inbound text "one, elsewhere" (received) wamid.B1 in direct whatsapp/111000111000222 with DE.5550000000000000001+4917000000001? of the contact as activity ${AT}`,
  ],
  "broken-batch": [
    "fails: an entry is not an object",
    "fails: an entry has no changes",
    "fails: a change has no field or no value",
    "fails: a change has no field or no value",
    "fails: a message without an id",
    `inbound text "Sound" (received) wamid.MILL in direct whatsapp/${NUMBER} with DE.5550000000000000001+4917000000001? of the contact as activity ${AT}`,
    "fails: statuses is not a list",
  ],
  "broken-include-values-off": [
    `fails: an entry names changed fields but not their values: switch on "Include Values" in the app's webhook subscription`,
  ],
  "broken-text-without-body": ["fails: payload not understood: message.text.body"],
  "broken-without-number": ["fails: payload not understood: metadata.phone_number_id"],
  "broken-without-sender": ["fails: the event has neither a phone number nor a user id"],
  contacts: [
    `inbound contacts "Cy Stone +49 170 0000009\\nDee" (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${AT}`,
  ],
  document: [
    `inbound document "The order" file 333004 (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${AT}`,
  ],
  "echo-text": [
    `outbound text "It is ready" (sent) wamid.ECHO in direct whatsapp/${NUMBER} with 4917000000001? of the contact taken over by WhatsApp Business app ${AT}`,
  ],
  edit: [`edit "Our newest sail" of wamid.MILL-0 at ${NUMBER} ${AT}`],
  image: [`inbound image "Our new sail" file 333001 (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${AT}`],
  "interactive-button-reply": [
    `inbound interactive "Yes, book it" (received) wamid.MILL replies to wamid.ASK in direct whatsapp/${NUMBER} ${ADA} ${AT}`,
  ],
  "interactive-flow-reply": [
    `inbound interactive "Sent" (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${AT}`,
  ],
  "interactive-unreadable": [`inbound interactive (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${AT}`],
  "location-named": [
    `inbound location "The Mill, 3 Stream Road" (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${AT}`,
  ],
  order: [`inbound order "Before Friday" (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${AT}`],
  "reaction-removed": [
    `activity in direct whatsapp/${NUMBER} with DE.5550000000000000001+4917000000001? (Ada Brook) ${AT}`,
    `reaction removed by user of wamid.OURS at ${NUMBER} ${AT}`,
  ],
  reaction: [
    `activity in direct whatsapp/${NUMBER} with DE.5550000000000000001+4917000000001? (Ada Brook) ${AT}`,
    `reaction 🌾 by user of wamid.OURS at ${NUMBER} ${AT}`,
  ],
  revoke: [`revoke of wamid.MILL-0 at ${NUMBER} ${AT}`],
  "status-of-a-call": ["unhandled: calls"],
  "status-read-in-group": [`status read of wamid.OURS by 4917000000001 at ${NUMBER} ${AT}`],
  "system-number-change": [
    "unhandled: contacts joined",
    `person DE.5550000000000000001+4917000000001 becomes DE.5550000000000000088+4917000000088? at ${NUMBER}`,
  ],
  "template-button": [`inbound button "Stop" (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${AT}`],
  "text-bad-time": [`inbound text "When?" (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${SAMPLE_AT}`],
  "text-bsuid-without-number": [
    `inbound text "Rye, please" (received) wamid.BSUID in direct whatsapp/${NUMBER} with DE.5550000000000000002+DE.ENT.7770000000000000002 (Bo Reed) of the contact as activity ${AT}`,
  ],
  "text-in-group": [`inbound text "Hello all" (received) wamid.MILL in group whatsapp/${NUMBER}/Z3JvdXA ${ADA} ${AT}`],
  "text-numbers-as-ids": [
    `inbound text "Numbers" (received) 12345 in direct whatsapp/${NUMBER} with 4917000000001? of the contact as activity ${AT}`,
  ],
  "text-reply-from-ad": [
    `inbound text "The first one" (received) wamid.MILL replies to wamid.OURS in direct whatsapp/${NUMBER} ${ADA} ${AT}`,
  ],
  text: [`inbound text "Do you grind on Sundays?" (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${AT}`],
  "type-of-tomorrow": [`inbound unsupported (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${AT}`],
  unsupported: [`inbound unsupported (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${AT}`],
  "user-preference-stop": ["unhandled: stop", `marketing to 4917000000001? is allowed: false ${AT}`],
  "video-too-large": [`inbound video (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${AT}`],
  "voice-type": [`inbound audio file 333003 (received) wamid.MILL in direct whatsapp/${NUMBER} ${ADA} ${AT}`],
};

/** The facts of each sample that is a webhook. */
const SAMPLES: Record<string, readonly string[]> = {
  text: [
    `inbound text "Hello, is the blue one still there?" (received) wamid.SAMPLETEXTmwsz6rk0 ${SAMPLE_ADA} as activity ${SAMPLE_AT}`,
  ],
  image: [
    `inbound image "This one" file sandbox-media-photo (received) wamid.SAMPLEIMAGEmwsz6rk0 ${SAMPLE_ADA} as activity ${SAMPLE_AT}`,
  ],
  bsuid: [
    `inbound text "And in green?" (received) wamid.SAMPLEBSUIDmwsz6rk0 in direct whatsapp/100000000000001 with DE.90000000000000001 (Ben Sample) of the contact as activity ${SAMPLE_AT}`,
  ],
  status: [
    `outbound text "Yes, it is." (sent) wamid.SAMPLEECHOmwsz6rk0 ${SAMPLE_ADA} taken over by WhatsApp Business app ${SAMPLE_AT}`,
    `status delivered of wamid.SAMPLEECHOmwsz6rk0 at 100000000000001 ${SAMPLE_AT}`,
    `status read of wamid.SAMPLEECHOmwsz6rk0 at 100000000000001 ${SAMPLE_AT}`,
  ],
  batch: [
    `status delivered of wamid.SAMPLEECHOmwsz6rk0 at 100000000000001 ${SAMPLE_AT}`,
    `status read of wamid.SAMPLEECHOmwsz6rk0 at 100000000000001 ${SAMPLE_AT}`,
    `inbound text "Hello, is the blue one still there?" (received) wamid.SAMPLETEXTmwsz6rk0 ${SAMPLE_ADA} as activity ${SAMPLE_AT}`,
    `inbound image "This one" file sandbox-media-photo (received) wamid.SAMPLEIMAGEmwsz6rk0 ${SAMPLE_ADA} as activity ${SAMPLE_AT}`,
    `inbound text "And in green?" (received) wamid.SAMPLEBSUIDmwsz6rk0 in direct whatsapp/100000000000001 with DE.90000000000000001 (Ben Sample) of the contact as activity ${SAMPLE_AT}`,
    `outbound text "Yes, it is." (sent) wamid.SAMPLEECHOmwsz6rk0 ${SAMPLE_ADA} taken over by WhatsApp Business app ${SAMPLE_AT}`,
    "unhandled: account_update",
  ],
};

test("every fixture and every sample has a row in the table", () => {
  const fixtures = readdirSync(folder).map((file) => file.replace(".json", ""));
  expect(Object.keys(FIXTURES).toSorted()).toEqual(fixtures.toSorted());
  expect([...Object.keys(SAMPLES), "reply"].toSorted()).toEqual(Object.keys(samples).toSorted());
});

test.each(Object.entries(FIXTURES))("the fixture %s becomes its facts", (name, facts) => {
  const { body } = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")) as { body: unknown };
  expect(factsOf(body)).toEqual(facts);
});

test.each(Object.entries(SAMPLES))("the sample %s becomes its facts", (name, facts) => {
  expect(factsOf(JSON.parse(samples[name]?.body ?? ""))).toEqual(facts);
});

test("the sample reply becomes a request to send", () => {
  const body = whatsappSendRoute.body.parse(JSON.parse(samples["reply"]?.body ?? ""));
  const call = { params: {}, caller: "c", idempotencyKey: "key", signed: undefined, newId: () => "id", now: NOW };
  const [event] = whatsappSendRoute.accept(body, call).events;
  const requests = whatsapp.capabilities?.send?.read(environment)?.requests;
  if (!event || !requests) throw new Error("no event or no handler");
  expect(factLines(requests, inboundEvent("whatsapp", event))).toEqual([
    'send text "Yes, it is." in direct whatsapp/100000000000001 with 4915100000001?',
  ]);
});
