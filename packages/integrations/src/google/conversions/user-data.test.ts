import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256Hex, looksLikePersonalData, normalizeEmail, normalizePhone } from "./user-data.ts";

test.each([
  ["QuinnY@EXAMPLE.com", "quinny@example.com"],
  ["  quinny@example.com\n", "quinny@example.com"],
  ["quinny+shop@example.com", "quinny+shop@example.com"],
  ["q.u.i.n@example.com", "q.u.i.n@example.com"],
  ["Jefferson.Loves.Hiking@gmail.com", "jeffersonloveshiking@gmail.com"],
  ["j.e.f..ferson.Loves.hiking+news+2@Gmail.com", "jeffersonloveshiking@gmail.com"],
  ["jefferson.Loves.hiking@googlemail.com", "jeffersonloveshiking@googlemail.com"],
  ["@example.com", undefined],
  ["quinn", undefined],
  ["quinn@example", undefined],
  ["quinn y@example.com", undefined],
  ["quinn@home@example.com", undefined],
  ["+all@gmail.com", undefined],
  ["...@gmail.com", undefined],
])("the e-mail address %j is normalized to %j", (text, expected) => {
  expect(normalizeEmail(text)).toBe(expected);
});

test.each([
  ["+1 800-555-0100", "+18005550100"],
  ["1 (800) 555.0100", "+18005550100"],
  ["18005550100", "+18005550100"],
  ["0044 113 496 0987", "+441134960987"],
  ["+44-113-496-0987", "+441134960987"],
  ["+49 (0)151 2345678", "+491512345678"],
  ["0151 2345678", undefined],
  ["+0151 2345678", undefined],
  ["+12345", undefined],
  ["+1234567890123456", undefined],
  ["+abc-DEF", undefined],
  ["+1 800 FLOWERS", undefined],
  ["++++", undefined],
  ["1+8005550100", undefined],
  ["", undefined],
])("the phone number %j is normalized to %j", (text, expected) => {
  expect(normalizePhone(text)).toBe(expected);
});

// The hashes come from Google's own library.
test.each([
  [normalizeEmail("  ALEXZ@example.com   "), "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a"],
  [normalizePhone("   +1-800-555-0100"), "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"],
])("%s has Google's hash", (normal, hash) => {
  expect(sha256Hex(normal ?? "")).toBe(hash);
});

test("a normalized value is the same for every notation", () => {
  const separator = fc.constantFrom(" ", "-", ".", "");
  const digits = fc.stringMatching(/^[1-9]\d{6,14}$/);
  fc.assert(
    fc.property(digits, separator, fc.nat(), (number, mark, at) => {
      const cut = at % number.length;
      expect(normalizePhone(`+${number.slice(0, cut)}${mark}${number.slice(cut)} `)).toBe(`+${number}`);
    }),
  );
  fc.assert(
    fc.property(fc.emailAddress(), (email) => {
      const normal = normalizeEmail(` ${email.toUpperCase()}`);
      fc.pre(normal !== undefined);
      expect(normalizeEmail(normal ?? "")).toBe(normal);
    }),
  );
});

test.each([
  ["ada@example.com", true],
  ["order of Ada@Example.com", true],
  ["+1 555 123 0001", true],
  ["+15551230001", true],
  ["(555) 123-0001", true],
  ["555-123-0001", true],
  ["5551230001", false],
  ["2026-11-21-0007", false],
  ["ORDER-555-123", false],
  ["A@17", false],
  ["+17", false],
])("%j looks like personal data: %s", (text, personal) => {
  expect(looksLikePersonalData(text)).toBe(personal);
});
