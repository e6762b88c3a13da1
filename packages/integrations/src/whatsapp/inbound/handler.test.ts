import { EVENT_VERSION, type InboundEvent, ProviderError } from "@millrace/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { whatsappHandler } from "./handler.ts";
import { adapterContext } from "../test/adapter-context.ts";

function handle(kind: string, payload: unknown): Promise<unknown> {
  const receivedAt = "2026-11-01T00:00:00.000Z";
  const event: InboundEvent = {
    v: EVENT_VERSION,
    integration: "whatsapp",
    id: "e-1",
    correlationId: "c-1",
    receivedAt,
    kind,
    payload,
  };
  return whatsappHandler(false)
    .handle(event, adapterContext())
    .catch((error: unknown) => error);
}

const metadata = { phone_number_id: "111" };
const leaf = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom("DE.1", "491", "reaction", "edit", "system"));
const part = fc.oneof(leaf, fc.dictionary(fc.constantFrom("id", "body", "message_id", "type", "message"), leaf));
const names = ["id", "type", "from", "timestamp", "group_id", "text", "edit", "reaction", "system", "status", "errors"];
const item = fc.oneof(leaf, fc.dictionary(fc.constantFrom(...names, "value", "wa_id", "user_id", "contacts"), part));

test("any event is written or fails permanently", async () => {
  const kinds = ["message", "echo", "status", "preference", "user_id_update", "error", "change", "unreadable"];
  const wrapped = item.map((value) => {
    return { metadata, message: value, status: value, preference: value, user_id_update: value, error: value };
  });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...kinds), fc.oneof(item, wrapped), async (kind, payload) => {
      const result = await handle(kind, payload);
      const isPermanent = result instanceof ProviderError && result.next.kind === "permanent";
      expect(isPermanent || typeof result === "function").toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("an event kind of a later version fails, so that this version can replay it", async () => {
  expect(await handle("hologram", {})).toBeInstanceOf(ProviderError);
});

test("an id that is too long for an index fails permanently", async () => {
  const long = "x".repeat(301);
  const valid = { id: "wamid.1", status: "read" };
  for (const status of [
    { ...valid, id: long },
    { ...valid, recipient_participant_id: long },
  ]) {
    expect(await handle("status", { metadata, status })).toMatchObject({ next: { kind: "permanent" } });
  }
  expect(await handle("status", { metadata, status: valid })).toBeTypeOf("function");
});
