import { afterEach, describe, expect, test } from "vitest";
import { systemNow, uuidv7 } from "@millrace/core";
import { createDeadLetters, createReplays } from "@millrace/db";
import { defaultQueueStore, until } from "@millrace/testing";
import { openConversionHarness, type ConversionHarness } from "./conversion-harness.ts";

describe("uploads of conversions to Google", () => {
  const store = defaultQueueStore();
  let harness: ConversionHarness;
  afterEach(() => harness.close());

  const open = async (variables: Record<string, string> = {}) => {
    harness = await openConversionHarness(store, variables);
  };
  const all = (status: string) =>
    until(`all are ${status}`, async () => {
      const found = await harness.rows();
      return found.length > 0 && found.every((row) => row.status === status) && found;
    });

  test("are batched, uploaded once and processed", async () => {
    await open();
    for (const id of ["a", "b", "c"]) await harness.report(id);
    await harness.report("a");
    harness.startWorker();
    const sent = await all("sent");
    expect(new Set(sent.map(({ batch_id }) => batch_id)).size).toBe(1);
    await harness.process();
    await all("processed");
    expect((await harness.counted()).sort()).toEqual(["a", "b", "c"]);
    expect(await harness.conversations.rows.rows("select state, size from millrace.conversion_batches")).toEqual([
      { state: "success", size: 3 },
    ]);
  });

  test("13: an invalid conversion is rejected alone, with its own reason", async () => {
    await open();
    await Promise.all(Array.from({ length: 30 }, (_, index) => harness.report(`t${String(index).padStart(2, "0")}`)));
    const storing = harness.startWorker({ batchWindowMs: 3_600_000 });
    await until("the conversions are stored", async () => (await harness.rows()).length === 30);
    await harness.conversations.rows.rows(
      `update conversion_uploads set payload = jsonb_set(payload, '{currency}', '"EURO"') where transaction_id in ('t03', 't17')`,
    );
    await storing.stop(1_000);
    harness.startWorker();
    const ended = await until("the valid conversions are sent and the invalid rejected", async () => {
      const found = await harness.rows();
      return found.every(({ status }) => status === "sent" || status === "rejected") && found;
    });
    const invalid = ended.filter(({ status }) => status === "rejected");
    expect(invalid.map(({ transaction_id }) => transaction_id)).toEqual(["t03", "t17"]);
    expect(invalid.map(({ error }) => error)).not.toContain(null);
    expect((await harness.counted()).length).toBe(28);
  });

  test("13: a batch that Google refuses without a name is halved until the invalid conversion is alone", async () => {
    await open();
    await Promise.all(Array.from({ length: 8 }, (_, index) => harness.report(`t${index}`)));
    await harness.conversations.injectFault({ match: { api: "google", step: "ingest" }, fault: "no_field", times: 20 });
    const worker = harness.startWorker();
    await until("the conversions are stored", async () => (await harness.rows()).length === 8);
    await harness.conversations.rows.rows(
      `update conversion_uploads set payload = jsonb_set(payload, '{currency}', '"EURO"') where transaction_id = 't5'`,
    );
    const ended = await until("every conversion is sent or rejected", async () => {
      const found = await harness.rows();
      return found.every(({ status }) => status === "sent" || status === "rejected") && found;
    });
    expect(ended.filter(({ status }) => status === "rejected").map((row) => row.transaction_id)).toEqual(["t5"]);
    expect((await harness.counted()).sort()).toEqual(["t0", "t1", "t2", "t3", "t4", "t6", "t7"]);
    await worker.stop(100);
  });

  test("13: an answer that is lost after Google received the upload counts no conversion twice", async () => {
    await open();
    await harness.conversations.injectFault({
      match: { api: "google", step: "ingest" },
      fault: "http_500_taken",
      times: 1,
    });
    for (const id of ["a", "b"]) await harness.report(id);
    harness.startWorker();
    await all("sent");
    await harness.process();
    await all("processed");
    expect((await harness.counted()).sort()).toEqual(["a", "b"]);
  });

  test("13: conversions that Google failed to process are uploaded again until processed, and count once", async () => {
    await open({ GOOGLE_STATUS_AFTER_MS: "100" });
    await harness.report("a");
    await harness.report("b", "internal-b");
    await harness.report("c", "internal2-c");
    harness.startWorker();
    await harness.processUntil(
      "all are processed",
      async () => (await harness.rows()).filter(({ status }) => status === "processed").length === 3,
    );
    expect((await harness.counted()).sort()).toEqual(["a", "b", "c"]);
    expect(
      await harness.conversations.rows.rows(
        "select state, attempts, size, errors from millrace.conversion_batches order by attempts",
      ),
    ).toEqual([
      { state: "partial", attempts: 1, size: 3, errors: [{ reason: "INTERNAL_ERROR", count: 2 }] },
      { state: "partial", attempts: 2, size: 3, errors: [{ reason: "INTERNAL_ERROR", count: 1 }] },
      { state: "success", attempts: 3, size: 3, errors: [] },
    ]);
  });

  test("a conversion that Google fails to process four times is rejected with that reason", async () => {
    await open({ GOOGLE_STATUS_AFTER_MS: "100" });
    await harness.report("a", "internal9-a");
    harness.startWorker();
    const [row] = await harness.processUntil("it is rejected", async () => {
      const found = await harness.rows();
      return found[0]?.status === "rejected" && found;
    });
    expect(row?.error).toBe("INTERNAL_ERROR");
    expect(
      await harness.conversations.rows.rows(
        "select state, attempts from millrace.conversion_batches order by attempts",
      ),
    ).toEqual([1, 2, 3, 4].map((attempts) => ({ state: "failed", attempts })));
  });

  test("the attempts of a halved batch count for both halves", async () => {
    await open({ GOOGLE_STATUS_AFTER_MS: "100" });
    for (const id of ["a", "b", "c"]) await harness.report(id, `internal9-${id}`);
    harness.startWorker();
    await all("sent");
    await harness.conversations.injectFault({ match: { api: "google", step: "ingest" }, fault: "no_field", times: 20 });
    await harness.conversations.rows.rows(
      `update conversion_uploads set payload = jsonb_set(payload, '{currency}', '"EURO"') where transaction_id = 'b'`,
    );
    await harness.processUntil("all are rejected", async () =>
      (await harness.rows()).every(({ status }) => status === "rejected"),
    );
    const attempts = (await harness.received()).map(({ transactionId }) => transactionId);
    expect(attempts.toSorted()).toEqual(["a", "a", "a", "a", "b", "c", "c", "c", "c"]);
  });

  test("a missing permission pauses the account with one alert, and the uploads resume", async () => {
    await open();
    await harness.conversations.injectFault({
      match: { api: "google", step: "ingest" },
      fault: "service_disabled",
      times: 2,
    });
    await harness.report("a");
    harness.startWorker();
    await all("sent");
    expect(harness.conversations.log.lines().filter(({ alert }) => alert === true)).toHaveLength(1);
  });

  /** Creates a conversion in a batch without a job. Returns the batch id. */
  const createBatchWithoutJob = async (): Promise<string> => {
    await open();
    await harness.report("a");
    const first = harness.startWorker({ batchWindowMs: 3_600_000 });
    await until("the conversion is stored", async () => (await harness.rows()).length === 1);
    await first.stop(100);
    const [batch] = await harness.conversations.rows.rows<{ batch_id: string }>(
      `with batch as (insert into millrace.conversion_batches (id, integration, account_id, action_id, state, size, created_at, updated_at)
         select gen_random_uuid(), 'google', account_id, conversion_action_id, 'formed', 1, now() - interval '1 h', now() - interval '1 h'
         from conversion_uploads returning id)
       update conversion_uploads set batch_id = (select id from batch) returning batch_id`,
    );
    return batch?.batch_id ?? "";
  };

  test("2: a batch is uploaded although its worker died before it enqueued the job", async () => {
    await createBatchWithoutJob();
    harness.startWorker();
    await all("sent");
    expect(await harness.counted()).toEqual(["a"]);
  });

  test("discarding the dead letter of a batch rejects its conversions", async () => {
    const id = `upload.${await createBatchWithoutJob()}`;
    const { database } = harness.conversations;
    const event = { integration: "google", kind: "upload", correlationId: "c", payload: {}, receivedAt: new Date() };
    const end = { errorKind: "permanent", error: "http_413", attempts: 1, failedAt: new Date() };
    await createDeadLetters(database, uuidv7).record({
      ...event,
      ...end,
      queue: "google-uploads",
      jobId: id,
      eventId: id,
    });
    await createReplays(database, uuidv7, systemNow).discard({ queue: "google-uploads" }, { actor: "Bea" });
    harness.startWorker();
    expect(await all("rejected")).toMatchObject([{ error: "discarded" }]);
    expect(await harness.conversations.rows.rows("select state from millrace.conversion_batches")).toEqual([
      { state: "rejected" },
    ]);
    expect(await harness.received()).toEqual([]);
  });

  test("13: of 5,000 conversions with 7 invalid ones, 4,993 are processed", async () => {
    await open();
    await harness.report("0");
    harness.startWorker();
    await all("sent");
    await harness.conversations.rows.rows(`
      insert into conversion_uploads (id, integration, tenant_id, transaction_id, account_id, conversion_action_id, status, converted_at, payload)
      select gen_random_uuid(), integration, tenant_id, 't' || n, account_id, conversion_action_id, 'queued', converted_at,
        payload || jsonb_build_object('transactionId', 't' || n, 'click', jsonb_build_object('kind', 'gclid', 'id', 'click-' || n),
          'currency', case when n % 700 = 1 and n < 4900 then 'EURO' else 'EUR' end)
      from conversion_uploads, generate_series(1, 4999) as n where transaction_id = '0'`);
    const count = async (status: string) =>
      (await harness.conversations.rows.rows(`select 1 from conversion_uploads where status = '${status}'`)).length;
    await until("the valid conversions are sent", async () => (await count("sent")) === 4_993, 60_000);
    await harness.process();
    await until("the valid conversions are processed", async () => (await count("processed")) === 4_993, 60_000);
    expect(await count("rejected")).toBe(7);
    expect(new Set(await harness.counted()).size).toBe(4_993);
    expect(await harness.counted()).toHaveLength(4_993);
  }, 120_000);
});
