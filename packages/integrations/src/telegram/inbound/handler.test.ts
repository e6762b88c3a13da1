import { readFileSync } from "node:fs";
import type { Fact } from "@millrace/core";
import { expect, test } from "vitest";
import { handlePurely, inboundEvent } from "../../../test/handle-event.ts";
import { telegram } from "../index.ts";

/** The facts of a fixture with changed `fields` of its message. */
function factsOf(fixture: string, kind: string, takesOver: string, fields = {}): readonly Fact[] {
  const file = readFileSync(new URL(`../fixtures/${fixture}.json`, import.meta.url), "utf8");
  const update = JSON.parse(file) as Record<string, Record<string, unknown>>;
  const payload = { bot: "shop", update: { ...update, [kind]: { ...update[kind], ...fields } } };
  const handler = telegram.handler({ SEND_TAKES_OVER: takesOver });
  return handlePurely(handler, inboundEvent("telegram", { id: "e", kind, payload })).facts;
}

test("a message of the owner of a business account takes the conversation over if that is configured", () => {
  const takeover = { actor: "Telegram business account", reason: "a person wrote" };
  expect(factsOf("business-owner", "business_message", "true")).toMatchObject([{ fact: "message", takeover }]);
});

test.each([
  ["of the owner if takeover is not configured", "business-owner", "business_message", "false", {}],
  ["of a customer", "business-customer", "business_message", "true", {}],
  [
    "that Telegram sends as the owner's greeting",
    "business-owner",
    "business_message",
    "true",
    { is_from_offline: true },
  ],
  ["that a bot sends for the owner", "business-owner", "business_message", "true", { sender_business_bot: { id: 1 } }],
  ["in the bot's own chat", "text", "message", "true", {}],
])("a message %s does not take the conversation over", (_, fixture, kind, takesOver, fields) => {
  expect(factsOf(fixture, kind, takesOver, fields)).toMatchObject([{ fact: "message", takeover: undefined }]);
});

test.each(["button", "button-inline", "button-of-old-message"])("a pressed button is answered: %s", (fixture) => {
  const [message, ...others] = factsOf(fixture, "callback_query", "false");
  expect(others).toEqual([]);
  if (message?.fact !== "message") throw new Error("no message");
  const id = message.message.externalId.replace("callback/", "");
  expect(message.action).toEqual({ id: `act.callback.${id}`, action: { answerCallbackQuery: id } });
});
