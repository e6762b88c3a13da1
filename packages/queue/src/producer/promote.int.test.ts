import { expect, test } from "vitest";
import { openRows, useTestDatabase } from "@millrace/testing";
import { openQueueBackend } from "../backends/open-backend.ts";
import { queueDefinition } from "../catalogue.ts";
import { createProducer } from "./producer.ts";
import { QueueUnavailableError } from "./queue-unavailable-error.ts";

const database = useTestDatabase();

test("14: a store that refuses to promote a job is an outage of the queue", async () => {
  const rows = openRows(database.url);
  const backend = openQueueBackend(database.url, "consumer", 3);
  const producer = createProducer(backend, queueDefinition("fake", "ai-turns"));
  await producer.promote("absent");
  await rows.rows("alter table bullmq.job rename to renamed");
  await expect(producer.promote("absent")).rejects.toThrow(QueueUnavailableError);
  await rows.rows("alter table bullmq.renamed rename to job");
  await producer.close();
  await backend.close();
  await rows.close();
});
