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

function request(
  secrets: { header?: string; path?: string },
  body: unknown = { update_id: 7, message: {} },
): RawRequest {
  return {
    method: "POST",
    headers: secrets.header === undefined ? {} : { [SECRET_HEADER]: secrets.header },
    query: new URLSearchParams(),
    params: secrets.path === undefined ? {} : { secret: secrets.path },
    body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  };
}

test.each([
  ["the header", { header: "shop-new" }],
  ["the path", { path: "shop-new" }],
  ["both", { header: "shop-new", path: "shop-new" }],
  ["both, while the secret is being changed", { header: "shop-new", path: "shop-old" }],
])("a secret in %s lets an update in", (_, secrets) => {
  expect(webhook.authenticate(request(secrets))).toBe(true);
});

test.each([
  ["none", {}],
  ["an empty one in the header", { header: "" }],
  ["an empty one in the path", { path: "" }],
  ["a wrong one in the header", { header: "shop-nex" }],
  ["a beginning of one", { header: "shop-ne" }],
  ["the label with it", { header: "shop=shop-new" }],
  ["a wrong one in the path", { path: "shop-nex" }],
  ["a right path with a wrong header", { path: "shop-new", header: "shop-nex" }],
  ["a wrong path with a right header", { path: "shop-nex", header: "shop-new" }],
  ["those of two bots", { path: "shop-new", header: "help-one" }],
])("an update is refused with %s", (_, secrets) => {
  expect(webhook.authenticate(request(secrets))).toBe(false);
});

test("an update belongs to the bot whose secret it came with, whichever of its secrets that is", () => {
  const ids = ["shop-old", "shop-new", "help-one"].map((header) => webhook.parse(request({ header }))[0]?.id);
  expect(ids).toEqual(["update.shop.7", "update.shop.7", "update.help.7"]);
});

test("an update with nobody's secret is split as unreadable, should it ever get that far", () => {
  expect(webhook.parse(request({ header: "nobody" }))).toMatchObject([{ kind: "unreadable" }]);
});

test("the secret of the path is not in the event", () => {
  expect(JSON.stringify(webhook.parse(request({ path: "shop-new" })))).not.toContain("shop-new");
});

test("an update of a kind we have no name for is an event of its own", () => {
  expect(webhook.parse(request({ path: "shop-new" }, { update_id: 8, tide: {} }))[0]).toMatchObject({
    id: "update.shop.8",
    kind: "update",
  });
});

test("a kind that is null is not there", () => {
  const update = { update_id: 9, message: null, edited_message: { message_id: 1 } };
  expect(webhook.parse(request({ path: "shop-new" }, update))[0]?.kind).toBe("edited_message");
});

test.each([
  ["no JSON", "{", "the body is not JSON"],
  ["no object", "[1]", "not an object"],
  ["without an id", "{}", "no update_id"],
  ["with an id that is no number", '{"update_id":"1:2"}', "no update_id"],
])("a body that is %s is kept as unreadable", (_, body, reason) => {
  expect(webhook.parse(request({ path: "shop-new" }, body))).toMatchObject([
    { kind: "unreadable", payload: { reason } },
  ]);
});
