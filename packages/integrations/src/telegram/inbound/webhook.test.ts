import { expect, test } from "vitest";
import type { RawRequest } from "@millrace/core";
import { SECRET_HEADER, telegramWebhook } from "./webhook.ts";

const webhook = telegramWebhook({
  secrets: [
    { bot: "shop", secret: "shop-old" },
    { bot: "shop", secret: "shop-new" },
    { bot: "help", secret: "help-one" },
  ],
});
const isAuthentic = (request: RawRequest) =>
  webhook.authenticate(request, { now: new Date(), secrets: webhook.secrets });

function request(
  secrets: { header?: string; path?: string },
  body: unknown = { update_id: 7, message: {} },
): RawRequest {
  return {
    method: "POST",
    headers: secrets.header === undefined ? {} : { [SECRET_HEADER]: secrets.header },
    url: "http://127.0.0.1:8080/",
    query: new URLSearchParams(),
    params: secrets.path === undefined ? {} : { secret: secrets.path },
    body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  };
}

test.each([
  ["the header", { header: "shop-new" }],
  ["the path", { path: "shop-new" }],
  ["both", { header: "shop-new", path: "shop-new" }],
  ["both, during a rotation of the secret", { header: "shop-new", path: "shop-old" }],
])("an update with a secret in %s authenticates", (_, secrets) => {
  expect(isAuthentic(request(secrets))).toBe(true);
});

test.each([
  ["no secret", {}],
  ["an empty secret in the header", { header: "" }],
  ["an empty secret in the path", { path: "" }],
  ["a wrong secret in the header", { header: "shop-nex" }],
  ["the beginning of a secret", { header: "shop-ne" }],
  ["a secret with its label", { header: "shop=shop-new" }],
  ["a wrong secret in the path", { path: "shop-nex" }],
  ["a right path with a wrong header", { path: "shop-new", header: "shop-nex" }],
  ["a wrong path with a right header", { path: "shop-nex", header: "shop-new" }],
  ["the secrets of two bots", { path: "shop-new", header: "help-one" }],
])("an update with %s does not authenticate", (_, secrets) => {
  expect(isAuthentic(request(secrets))).toBe(false);
});

test("an update belongs to the bot of its secret, with any of the bot's secrets", () => {
  const ids = ["shop-old", "shop-new", "help-one"].map((header) => webhook.parse(request({ header }))[0]?.id);
  expect(ids).toEqual(["update.shop.7", "update.shop.7", "update.help.7"]);
});

test("an update with an unknown secret becomes an unreadable event", () => {
  expect(webhook.parse(request({ header: "unknown" }))).toMatchObject([{ kind: "unreadable" }]);
});

test("the event does not contain the secret of the path", () => {
  expect(JSON.stringify(webhook.parse(request({ path: "shop-new" })))).not.toContain("shop-new");
});

test("an update of an unknown kind becomes an event of the kind update", () => {
  expect(webhook.parse(request({ path: "shop-new" }, { update_id: 8, tide: {} }))[0]).toMatchObject({
    id: "update.shop.8",
    kind: "update",
  });
});

test("a kind with the value null is ignored", () => {
  const update = { update_id: 9, message: null, edited_message: { message_id: 1 } };
  expect(webhook.parse(request({ path: "shop-new" }, update))[0]?.kind).toBe("edited_message");
});

test.each([
  ["not JSON", "{", "the body is not JSON"],
  ["not an object", "[1]", "the update is not an object"],
  ["without an id", "{}", "the update has no update_id"],
  ["with an id that is not a number", '{"update_id":"1:2"}', "the update has no update_id"],
])("a body that is %s becomes an unreadable event", (_, body, reason) => {
  expect(webhook.parse(request({ path: "shop-new" }, body))).toMatchObject([
    { kind: "unreadable", payload: { reason } },
  ]);
});
