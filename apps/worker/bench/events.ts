import { EVENT_VERSION, type InboundEvent } from "@millrace/core";

/** How many people write. */
export const PEOPLE = 500;

/** Texts from {@link PEOPLE} in turn, as ingest enqueues them. */
export function whatsappTexts(count: number, run: string): InboundEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const from = `49151${String(index % PEOPLE).padStart(8, "0")}`;
    const id = `wamid.HBgLNDkxNTE${run}${String(index).padStart(10, "0")}`;
    return {
      v: EVENT_VERSION,
      integration: "whatsapp",
      id: `message.100000000000001.${id}`,
      kind: "message",
      correlationId: `bench-${index}`,
      receivedAt: "2026-11-22T10:00:00.000Z",
      payload: {
        metadata: { display_phone_number: "49301234567", phone_number_id: "100000000000001" },
        contact: { profile: { name: "Ada Sample" }, wa_id: from },
        message: {
          from,
          id,
          timestamp: "1790000000",
          type: "text",
          text: { body: "Hello, is the blue one still there?" },
        },
      },
    };
  });
}
