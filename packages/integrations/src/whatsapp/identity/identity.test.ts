import { expect, test } from "vitest";
import { personOf } from "./identity.ts";

const whatsapp = (externalId: string, stable: boolean) => ({ channel: "whatsapp", externalId, stable });

test("user ids and parent user ids last, numbers do not, and the stable names come first", () => {
  const person = personOf(
    { userIds: ["DE.1", "DE.ENT.9"], numbers: ["4917000000001"] },
    { user_id: "DE.1", parent_user_id: "DE.ENT.9", wa_id: "4917000000001" },
  );
  expect(person?.identities).toEqual([
    whatsapp("DE.1", true),
    whatsapp("DE.ENT.9", true),
    whatsapp("4917000000001", false),
  ]);
});

test("a user id at a number's place is a user id and no telephone", () => {
  const person = personOf({ userIds: [], numbers: ["US.13491208"] }, { wa_id: "US.13491208" });
  expect(person).toEqual({
    identities: [whatsapp("US.13491208", true)],
    profile: { name: undefined, username: undefined, phone: undefined },
  });
});

test("a number is the same with and without its plus sign, a username with and without its at sign", () => {
  const profile = { name: "Ada", username: "@ada" };
  expect(personOf({ userIds: [], numbers: ["+4917000000001"] }, { wa_id: "4917000000001", profile })).toEqual({
    identities: [whatsapp("4917000000001", false)],
    profile: { name: "Ada", username: "ada", phone: "4917000000001" },
  });
});

test("who has no name is nobody", () => {
  expect(personOf({ userIds: [undefined], numbers: [undefined] }, { profile: { name: "Ada" } })).toBeUndefined();
});
