import { expect, test } from "vitest";
import { EVENT_VERSION, type InboundEvent } from "@millrace/core";
import { openRows, until, useTestDatabase } from "@millrace/testing";
import { openQueueBackend } from "../backends/open-backend.ts";
import { queueDefinition } from "../catalogue.ts";
import { createProducer } from "./producer.ts";
import { QueueUnavailableError } from "./queue-unavailable-error.ts";

const database = useTestDatabase();

function eventOf(id: string, text: string): InboundEvent {
  const receivedAt = "2026-11-20T08:00:00.000Z";
  return {
    v: EVENT_VERSION,
    integration: "fake",
    id,
    kind: "message",
    correlationId: "c-1",
    receivedAt,
    payload: { text },
  };
}

/** Makes Postgres wait for an advisory lock before it inserts a job that contains `slow`. */
const SLOW = `
  create function bullmq.slow() returns trigger language plpgsql as $slow$
  begin
    if to_jsonb(new)::text like '%slow%' then perform pg_advisory_xact_lock(1); end if;
    return new;
  end $slow$;
  create trigger slow before insert on bullmq.job for each row execute function bullmq.slow()`;

test("1: a large request has more time on a slow store, and neither a large nor a small request waits for the other", async () => {
  const rows = openRows(database.url);
  const lockHolder = openRows(database.url);
  const backend = openQueueBackend(database.url, "producer", 3);
  await rows.rows(SLOW);
  await lockHolder.rows("select pg_advisory_lock(1)");
  const producer = createProducer(backend, queueDefinition("fake", "requests"));

  const text = "slow".repeat(1_000_000);
  const large = producer.enqueue([eventOf("large", text)], text.length);
  await producer.enqueue([eventOf("small", "quick")]);
  await until("the large request waits in Postgres", async () => {
    const [row] = await rows.rows("select 1 from pg_locks where locktype = 'advisory' and not granted");
    return row !== undefined;
  });
  await expect(producer.enqueue([eventOf("another", "slow")])).rejects.toThrow(QueueUnavailableError);
  await lockHolder.close();
  await large;

  await producer.close();
  await backend.close();
  await rows.close();
});
