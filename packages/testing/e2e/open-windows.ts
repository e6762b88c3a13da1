import { until } from "../src/index.ts";
import type { SendingHarness } from "./sending-harness.ts";
import { deliver, type Item } from "./simulated-platform.ts";

/** Most messages of one webhook request. */
const BATCH_SIZE = 500;

/** Delivers a WhatsApp message from each person, which opens the window of 24 hours in which Millrace may write to them. */
export async function openWindows(
  { ingestUrl, rows }: Pick<SendingHarness, "ingestUrl" | "rows">,
  phones: readonly string[],
): Promise<void> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const hellos = phones.map((from): Item => {
    const id = `wamid.hello${from}`;
    return {
      eventId: `message.777.${id}`,
      list: "messages",
      value: { id, from, timestamp, type: "text", text: { body: "Hello" } },
    };
  });
  while (hellos.length > 0) {
    const batch = hellos.splice(0, BATCH_SIZE);
    await until("ingest accepts the messages", () => deliver(ingestUrl, batch));
  }
  await until(
    "every window is open",
    async () => {
      const [row] = await rows.rows<{ open: number }>(
        "select count(*)::int as open from conversations where last_user_message_at is not null",
      );
      return row?.open === phones.length;
    },
    120_000,
  );
}
