import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { factLines } from "../../test/describe-facts.ts";
import { NOW } from "../../test/fetch-ports.ts";
import { inboundEvent } from "../../test/handle-event.ts";
import { localEnvironment } from "../../test/local-environment.ts";
import { telegramHandler } from "./inbound/handler.ts";
import { UPDATE_KINDS } from "./inbound/update-schema.ts";
import { telegram } from "./index.ts";
import { telegramSendRoute } from "./send/route.ts";

const folder = new URL("fixtures/", import.meta.url);
const { environment } = localEnvironment(telegram);
const samples = telegram.samples(environment, NOW);
const handler = telegramHandler(true);

/** The facts of an update that the bot `shop` received. */
function factsOf(update: Record<string, unknown>): string[] {
  const kind = UPDATE_KINDS.find((name) => name in update) ?? "update";
  const event = { id: `update.shop.${String(update["update_id"])}`, kind, payload: { bot: "shop", update } };
  return factLines(handler, inboundEvent("telegram", event));
}

const INES = "in direct telegram/shop/5550101 with 5550101 (Ines Okafor) of the contact as activity";
const AT = "at 2026-09-21T14:13:20Z";
const SAMPLE_ADA = "in direct telegram/shop/7000000001 with 7000000001 (Ada Sample) of the contact as activity";
const RECEIVED = "at 2026-11-23T08:00:00Z";

/** The facts of each fixture. */
const FIXTURES: Record<string, readonly string[]> = {
  animation: [`inbound video file mill-gif-1 (received) 5550101/107 ${INES} ${AT}`],
  blocked: ["written: the chat accepts no messages", "thread shop/5550101 is reachable: false at 2026-09-21T14:21:40Z"],
  "business-customer": [
    `inbound text "Do you deliver on Saturday?" (received) 5550101/301 in direct telegram/shop/bizMill01/5550101 with 5550101 (Ines Okafor) of the contact as activity ${AT}`,
  ],
  "business-deleted": [
    `revoke of 5550101/301 at shop/bizMill01 ${RECEIVED}`,
    `revoke of 5550101/302 at shop/bizMill01 ${RECEIVED}`,
  ],
  "business-owner": [
    `outbound text "Yes, before noon" (sent) 5550101/302 in direct telegram/shop/bizMill01/5550101 with 5550101 (Ines Okafor) taken over by Telegram business account ${AT}`,
  ],
  "button-inline": [
    `inbound callback "vote:1" (received) callback/9007199254740993125 ${INES} answered by {"answerCallbackQuery":"9007199254740993125"} ${RECEIVED}`,
  ],
  "button-of-old-message": [
    `inbound callback "call:no" (received) callback/9007199254740993124 replies to 5550101/44 ${INES} answered by {"answerCallbackQuery":"9007199254740993124"} ${RECEIVED}`,
  ],
  button: [
    `inbound callback "call:yes" (received) callback/9007199254740993123 replies to 5550101/120 ${INES} answered by {"answerCallbackQuery":"9007199254740993123"} ${RECEIVED}`,
  ],
  "channel-post": [
    `inbound text "Closed on Sunday" (received) -1009988776655/5 in channel telegram/shop/-1009988776655 "Millrace" of the contact as activity ${AT}`,
  ],
  "command-start": [`inbound command "/start autumn-offer" (received) 5550101/103 ${INES} ${AT}`],
  document: [`inbound document file mill-doc-1 (received) 5550101/105 ${INES} ${AT}`],
  "edited-message": [`edit "Is the blue kettle back, and the red one?" of 5550101/101 at shop at 2026-09-21T14:18:20Z`],
  "group-anonymous-admin": [
    `inbound text "Rules are pinned" (received) -1002233445566/78 in group telegram/shop/-1002233445566 "Weir keepers" of the contact as activity ${AT}`,
  ],
  "group-migrates": ["written: the chat has a new id", "thread shop/-445566 moves to -1002233445566"],
  "group-new-members": [
    `inbound system "new chat members: Ines, Miller" (received) -1002233445566/79 in group telegram/shop/-1002233445566 "Weir keepers" with 4503599627370495 (Tomás) of the contact as activity ${AT}`,
  ],
  "group-text": [
    `inbound text "The door is stuck again" (received) -1002233445566/77 in group telegram/shop/-1002233445566 "Weir keepers" with 4503599627370495 (Tomás) of the contact as activity ${AT}`,
  ],
  "kind-of-the-future": ["unhandled"],
  "message-without-a-chat": ["fails: the message does not match its schema"],
  "odd-details": [
    `inbound text "Still to be kept" (received) 5550101/140 in direct telegram/shop/5550101 with 5550101 of the contact as activity ${AT}`,
  ],
  "own-phone-number": [
    `inbound contacts "Ines Okafor\\n+49 151 0000777" (received) 5550101/110 in direct telegram/shop/5550101 with 5550101 (Ines Okafor, 491510000777) of the contact as activity ${AT}`,
  ],
  "photo-of-album": [`inbound image "The crack is on the left" file mill-photo-l (received) 5550101/104 ${INES} ${AT}`],
  "poll-message": [`inbound poll "Which day suits you?\\n- Monday\\n- Friday" (received) 5550101/111 ${INES} ${AT}`],
  reaction: ["reaction 👍 by 5550101 of 5550101/101 at shop at 2026-09-21T14:20:00Z"],
  "sticker-animated": [`inbound sticker "🌊" file mill-sticker-1 (received) 5550101/108 ${INES} ${AT}`],
  "text-reply": [
    `inbound text "And the green one?" (received) 5550101/102 replies to 5550101/101 ${INES} at 2026-09-21T14:14:20Z`,
  ],
  text: [`inbound text "Is the blue kettle back in stock?" (received) 5550101/101 ${INES} ${AT}`],
  "topic-text": [
    `inbound text "First post here" (received) -1002233445599/90 in group telegram/shop/-1002233445599 "Mill forum" with 4503599627370495 (Tomás) of the contact as activity ${AT}`,
  ],
  venue: [`inbound location "Old Mill\\nWeir Street 3" (received) 5550101/109 ${INES} ${AT}`],
  voice: [`inbound audio file mill-voice-1 (received) 5550101/106 ${INES} ${AT}`],
};

/** The facts of each sample that is an update. */
const SAMPLES: Record<string, readonly string[]> = {
  text: [
    `inbound text "Hello, is the blue one still there?" (received) 7000000001/17954208000000 ${SAMPLE_ADA} ${RECEIVED}`,
  ],
  start: [`inbound command "/start spring-sale" (received) 7000000001/17954208000001 ${SAMPLE_ADA} ${RECEIVED}`],
  photo: [
    `inbound image "This one" file sandbox-media-photo (received) 7000000001/17954208000002 ${SAMPLE_ADA} ${RECEIVED}`,
  ],
  button: [
    `inbound callback "yes" (received) callback/17954208000003 replies to 7000000001/1 ${SAMPLE_ADA} answered by {"answerCallbackQuery":"17954208000003"} ${RECEIVED}`,
  ],
  blocked: ["written: the chat accepts no messages", `thread shop/7000000001 is reachable: false ${RECEIVED}`],
};

test("every fixture and every sample has a row in the table", () => {
  const fixtures = readdirSync(folder).map((file) => file.replace(".json", ""));
  expect(Object.keys(FIXTURES).toSorted()).toEqual(fixtures.toSorted());
  expect([...Object.keys(SAMPLES), "reply"].toSorted()).toEqual(Object.keys(samples).toSorted());
});

test.each(Object.entries(FIXTURES))("the fixture %s becomes its facts", (name, facts) => {
  const update = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")) as Record<string, unknown>;
  expect(factsOf(update)).toEqual(facts);
});

test.each(Object.entries(SAMPLES))("the sample %s becomes its facts", (name, facts) => {
  const body = samples[name]?.body ?? "";
  expect(factsOf(JSON.parse(body) as Record<string, unknown>)).toEqual(facts);
});

test("the sample reply becomes a request to send", () => {
  const body = telegramSendRoute.body.parse(JSON.parse(samples["reply"]?.body ?? ""));
  const call = { params: {}, caller: "c", idempotencyKey: "key", signed: undefined, newId: () => "id", now: NOW };
  const [event] = telegramSendRoute.accept(body, call).events;
  const requests = telegram.capabilities?.send?.read(environment)?.requests;
  if (!event || !requests) throw new Error("no event or no handler");
  expect(factLines(requests, inboundEvent("telegram", event))).toEqual([
    'send text "Yes, it is." in direct telegram/default/7000000001 with 7000000001',
  ]);
});
