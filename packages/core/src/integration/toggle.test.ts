import { expect, test } from "vitest";
import { readToggle, toggleOf } from "./toggle.ts";

test("the variable that switches an integration off has its id in upper case, with underscores for dashes", () => {
  expect(toggleOf("meta")).toBe("META_WEBHOOK_ENABLED");
  expect(toggleOf("twilio-voice")).toBe("TWILIO_VOICE_WEBHOOK_ENABLED");
});

test("the variable is true or false, and has a default", () => {
  expect(readToggle("meta", {}, true)).toBe(true);
  expect(readToggle("twilio-voice", { TWILIO_VOICE_WEBHOOK_ENABLED: "" }, false)).toBe(false);
  expect(readToggle("twilio-voice", { TWILIO_VOICE_WEBHOOK_ENABLED: "true" }, false)).toBe(true);
  expect(() => readToggle("meta", { META_WEBHOOK_ENABLED: "perhaps" }, true)).toThrow("META_WEBHOOK_ENABLED");
});
