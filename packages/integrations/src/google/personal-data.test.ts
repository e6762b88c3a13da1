import { expect, test } from "vitest";
import { googlePersonalData } from "./personal-data.ts";

const SALE = { accountId: "1234567890", actionId: "7001", convertedAt: "2026-03-01T08:00:00Z", value: "9.50" };

test("a won sale is about the lead or conversation", () => {
  const payload = { ...SALE, subject: "lead", subjectId: "0198-lead", enabled: true };
  expect(googlePersonalData(payload).parties).toEqual(["0198-lead"]);
  expect(googlePersonalData(payload).redact()).toEqual({ ...payload, subjectId: "[redacted]" });
});

test("a conversion is about the person with the click and the hashes", () => {
  const payload = { ...SALE, click: { kind: "gclid", id: "click-1" }, emailHash: "ab12", phoneHash: "cd34" };
  expect(googlePersonalData(payload).parties).toEqual(["click-1", "ab12", "cd34"]);
  expect(googlePersonalData(payload).mentioned).toEqual([]);
});
