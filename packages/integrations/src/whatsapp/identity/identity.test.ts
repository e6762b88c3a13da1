import { expect, test } from "vitest";
import { personOf } from "./identity.ts";

const whatsapp = (externalId: string, stable: boolean) => ({ channel: "whatsapp", externalId, stable });

test("user ids are stable identities and come first, and phone numbers are transferable", () => {
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

test("a user id in place of a phone number is a user id", () => {
  const person = personOf({ userIds: [], numbers: ["US.13491208"] }, { wa_id: "US.13491208" });
  expect(person).toEqual({
    identities: [whatsapp("US.13491208", true)],
    profile: { name: undefined, username: undefined, phone: undefined },
  });
});

test("a plus sign of a number and an at sign of a username are dropped", () => {
  const profile = { name: "Ada", username: "@ada" };
  expect(personOf({ userIds: [], numbers: ["+4917000000001"] }, { wa_id: "4917000000001", profile })).toEqual({
    identities: [whatsapp("4917000000001", false)],
    profile: { name: "Ada", username: "ada", phone: "4917000000001" },
  });
});

test("a person without a user id or number is undefined", () => {
  expect(personOf({ userIds: [undefined], numbers: [undefined] }, { profile: { name: "Ada" } })).toBeUndefined();
});
