import { until } from "../src/index.ts";
import { deliver, type Item } from "./platform.ts";
import type { Sending } from "./sending.ts";

/** Most messages of one webhook request. */
const BATCH = 500;

/** Has each of these people write on WhatsApp, so that they may be written to for 24 hours. */
export async function openWindows({ ingestUrl, rows }: Sending, phones: readonly string[]): Promise<void> {
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
    const batch = hellos.splice(0, BATCH);
    await until("the hellos are taken", () => deliver(ingestUrl, batch));
  }
  await until(
    "the windows are open",
    async () => {
      const [row] = await rows.rows<{ open: number }>(
        "select count(*)::int as open from conversations where last_user_message_at is not null",
      );
      return row?.open === phones.length;
    },
    120_000,
  );
}
