import { EVENT_VERSION, type InboundEvent, ProviderError } from "@millrace/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { whatsappHandler } from "./handler.ts";
import { adapterContext } from "../test/adapter-context.ts";

function fateOf(kind: string, payload: unknown): Promise<unknown> {
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

test("whatever an event holds, it is to be written or dies for good, never in another way", async () => {
  const kinds = ["message", "echo", "status", "preference", "user_id_update", "error", "change", "unreadable"];
  const wrapped = item.map((value) => {
    return { metadata, message: value, status: value, preference: value, user_id_update: value, error: value };
  });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...kinds), fc.oneof(item, wrapped), async (kind, payload) => {
      const fate = await fateOf(kind, payload);
      const isDead = fate instanceof ProviderError && fate.next.kind === "permanent";
      expect(isDead || typeof fate === "function").toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("a kind of a later version dies, to be replayed by that version", async () => {
  expect(await fateOf("hologram", {})).toBeInstanceOf(ProviderError);
});

test("ids that no index can hold die instead of being tried in vain", async () => {
  const long = "x".repeat(301);
  const sound = { id: "wamid.1", status: "read" };
  for (const status of [
    { ...sound, id: long },
    { ...sound, recipient_participant_id: long },
  ]) {
    expect(await fateOf("status", { metadata, status })).toMatchObject({ next: { kind: "permanent" } });
  }
  expect(await fateOf("status", { metadata, status: sound })).toBeTypeOf("function");
});
