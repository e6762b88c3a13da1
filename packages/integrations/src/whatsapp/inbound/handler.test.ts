import { ProviderError } from "@millrace/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { handlePurely, inboundEvent } from "../../../test/handle-event.ts";
import { isObject } from "../../shared/json-value.ts";
import { whatsappHandler } from "./handler.ts";

/** The result of an event, or the error when it fails. */
function handle(kind: string, payload: unknown): unknown {
  try {
    return handlePurely(whatsappHandler(false), inboundEvent("whatsapp", { id: "e-1", kind, payload }));
  } catch (error) {
    return error;
  }
}

const metadata = { phone_number_id: "111" };
const leaf = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom("DE.1", "491", "reaction", "edit", "system"));
const part = fc.oneof(leaf, fc.dictionary(fc.constantFrom("id", "body", "message_id", "type", "message"), leaf));
const names = ["id", "type", "from", "timestamp", "group_id", "text", "edit", "reaction", "system", "status", "errors"];
const item = fc.oneof(leaf, fc.dictionary(fc.constantFrom(...names, "value", "wa_id", "user_id", "contacts"), part));

test("any event becomes facts or fails permanently", () => {
  const kinds = ["message", "echo", "status", "preference", "user_id_update", "error", "change", "unreadable"];
  const wrapped = item.map((value) => {
    return { metadata, message: value, status: value, preference: value, user_id_update: value, error: value };
  });
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.oneof(item, wrapped), (kind, payload) => {
      const result = handle(kind, payload);
      const isPermanent = result instanceof ProviderError && result.next.kind === "permanent";
      expect(isPermanent || (isObject(result) && Array.isArray(result["facts"]))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("an event kind of a later version fails, so that this version can replay it", () => {
  expect(handle("hologram", {})).toBeInstanceOf(ProviderError);
});

test("an id that is too long for an index fails permanently", () => {
  const long = "x".repeat(301);
  const valid = { id: "wamid.1", status: "read" };
  for (const status of [
    { ...valid, id: long },
    { ...valid, recipient_participant_id: long },
  ]) {
    expect(handle("status", { metadata, status })).toMatchObject({ next: { kind: "permanent" } });
  }
  expect(handle("status", { metadata, status: valid })).toMatchObject({ result: "written" });
});
