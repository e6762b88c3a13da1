import { expect, test } from "vitest";
import { metaPersonalData } from "./personal-data.ts";

test("a lead event is about the lead and not about the page", () => {
  const payload = { leadgen_id: "731905562218001", page_id: "618803311470021", created_time: 1793613702 };
  expect(metaPersonalData(payload).parties).toEqual(["731905562218001"]);
  expect(metaPersonalData(payload).mentioned).toEqual([]);
  expect(metaPersonalData(payload).redact()).toEqual({ ...payload, leadgen_id: "[redacted]" });
});

test("a Messenger chat is about its sender and its recipient, and its text may mention others", () => {
  const value = { sender: { id: "7712" }, recipient: { id: "6188" }, message: { mid: "m_kq", text: "Call Ada" } };
  const { parties, mentioned } = metaPersonalData({ object: "page", accountId: "6188", field: "messaging", value });
  expect(parties).toEqual(["7712", "6188"]);
  expect(mentioned).toEqual(["m_kq", "Call Ada"]);
});

test("the answers that a relay adds to an unreadable lead are found", () => {
  const raw = { value: { field_data: [{ name: "email", values: ["ada@quux.example"] }] } };
  expect(metaPersonalData({ reason: "a lead without a leadgen_id", raw }).mentioned).toContain("ada@quux.example");
});
