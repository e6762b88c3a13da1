import { expect, test } from "vitest";
import { EVENT_VERSION, type InboundEvent } from "@millrace/core";
import { createTestDatabase, openRows, until } from "@millrace/testing";
import { openQueueBackend } from "./backends/backend.ts";
import { queueDefinition } from "./catalogue.ts";
import { createProducer, QueueUnavailableError } from "./producer.ts";

function eventOf(id: string, text: string): InboundEvent {
  const receivedAt = "2026-11-20T08:00:00.000Z";
  return {
    v: EVENT_VERSION,
    integration: "probe",
    id,
    kind: "probe",
    correlationId: "c-1",
    receivedAt,
    payload: { text },
  };
}

/** Has Postgres take no job that says `slow` while an advisory lock is held. */
const SLOW = `
  create function bullmq.slow() returns trigger language plpgsql as $slow$
  begin
    if to_jsonb(new)::text like '%slow%' then perform pg_advisory_xact_lock(1); end if;
    return new;
  end $slow$;
  create trigger slow before insert on bullmq.job for each row execute function bullmq.slow()`;

test("1: a store that is slow has more time for a large request, and neither it nor a small one waits for the other", async () => {
  const database = await createTestDatabase();
  const rows = openRows(database.url);
  const holder = openRows(database.url);
  const backend = openQueueBackend(database.url, "producer", 3);
  await backend.migrate();
  await rows.rows(SLOW);
  await holder.rows("select pg_advisory_lock(1)");
  const producer = createProducer(backend, queueDefinition("probe", "requests"));

  const text = "slow".repeat(1_000_000);
  const large = producer.enqueue([eventOf("large", text)], text.length);
  await producer.enqueue([eventOf("small", "quick")]);
  await until("the large one waits in Postgres", async () => {
    const [row] = await rows.rows("select 1 from pg_locks where locktype = 'advisory' and not granted");
    return row !== undefined;
  });
  await expect(producer.enqueue([eventOf("another", "slow")])).rejects.toThrow(QueueUnavailableError);
  await holder.close();
  await large;

  await producer.close();
  await backend.close();
  await rows.close();
  await database.drop();
});
