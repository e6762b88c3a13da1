import { expect, test } from "vitest";
import { answersOf, consentsOf, parseGraphTime, graphLeadSchema, isTestLead, personOf } from "./graph-lead.ts";

const read = (lead: Record<string, unknown>) => graphLeadSchema.parse({ field_data: [], ...lead });
const fields = (answers: Record<string, string[]>) =>
  Object.entries(answers).map(([name, values]) => ({ name, values }));
const personFrom = (answers: Record<string, string[]>) => personOf(answersOf(read({ field_data: fields(answers) })));

test("every answer is kept unchanged, with several values and unusual names", () => {
  const lead = read({
    field_data: [
      { name: "which_rooms", values: ["kitchen", "bathroom"] },
      { name: "__proto__", values: ["x"] },
      { name: "store", values: [99_213_450] },
      { name: "left_empty" },
      { name: "which_rooms", values: [" hall "] },
    ],
  });
  expect(Object.entries(answersOf(lead))).toEqual([
    ["which_rooms", ["kitchen", "bathroom", " hall "]],
    ["__proto__", ["x"]],
    ["store", ["99213450"]],
    ["left_empty", []],
  ]);
});

test("a consent box is checked when Meta sends 1 or true, and else unchecked", () => {
  const boxes = [
    { checkbox_key: "privacy", is_checked: "1" },
    { checkbox_key: "newsletter", is_checked: "" },
    { checkbox_key: "partners" },
    { checkbox_key: "calls", is_checked: "0" },
    { checkbox_key: "post", is_checked: true },
  ];
  expect(consentsOf(read({ custom_disclaimer_responses: boxes }))).toEqual({
    privacy: true,
    newsletter: false,
    partners: false,
    calls: false,
    post: true,
  });
  expect(consentsOf(read({}))).toEqual({});
});

test("the standard fields give the name, the e-mail address and the phone number", () => {
  expect(
    personFrom({ full_name: [" Ada Abt "], email: [" Ada.Abt@Example.COM "], phone_number: ["+49 (151) 000-11 22"] }),
  ).toEqual({ fullName: "Ada Abt", email: "ada.abt@example.com", phone: "491510001122" });
  expect(personFrom({ first_name: ["Ada"], last_name: ["Abt"] }).fullName).toBe("Ada Abt");
  expect(personFrom({ last_name: ["Abt"], full_name: [""] }).fullName).toBe("Abt");
  expect(personFrom({ work_email: ["a@b.example"] }).email).toBe("a@b.example");
  expect(personFrom({})).toEqual({ fullName: undefined, email: undefined, phone: undefined });
});

test("an invalid e-mail address or phone number is ignored", () => {
  for (const email of ["ada", "@", "a b@c.example", "<test lead: dummy@data>", `${"a".repeat(250)}@b.example`])
    expect(personFrom({ email: [email] }).email).toBeUndefined();
  for (const phone of ["12345", "later", "1234567890123456"])
    expect(personFrom({ phone_number: [phone] }).phone).toBeUndefined();
});

test("a lead of the testing tool is recognized by its dummy values", () => {
  expect(isTestLead({ email: ["<test lead: dummy data for email>"] })).toBe(true);
  expect(isTestLead({ note: ["is this a <test lead: ?"] })).toBe(false);
});

test("Graph's time is parsed with its offset, and an invalid time is undefined", () => {
  expect(parseGraphTime("2026-02-28T08:49:14+0000")?.toISOString()).toBe("2026-02-28T08:49:14.000Z");
  expect(parseGraphTime("2026-02-28T08:49:14-0330")?.toISOString()).toBe("2026-02-28T12:19:14.000Z");
  expect(parseGraphTime("2026-02-28T08:49:14+02:00")?.toISOString()).toBe("2026-02-28T06:49:14.000Z");
  for (const other of ["March 7", "2026-02-28", "2026-13-28T08:49:14+0000"])
    expect(parseGraphTime(other)).toBeUndefined();
  expect(parseGraphTime(undefined)).toBeUndefined();
});

test("a lead needs its fields, and an invalid optional field is ignored", () => {
  expect(graphLeadSchema.safeParse({ id: "7" }).success).toBe(false);
  expect(graphLeadSchema.safeParse("{").success).toBe(false);
  expect(
    read({ ad_id: null, platform: 3, is_organic: "no", created_time: {}, custom_disclaimer_responses: null }),
  ).toEqual(
    expect.objectContaining({ ad_id: undefined, platform: "3", is_organic: undefined, created_time: undefined }),
  );
});
