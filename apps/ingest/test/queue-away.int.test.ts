import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findRedisServer, freePort, startRedis, temporaryFolder, type TestRedis, until } from "@millrace/testing";
import { type IngestServer, postWhatsapp, startIngest, whatsappBody } from "./ingest-server.ts";

/** What a sender may wait for a 503, in ms: a second, and something for a busy machine. */
const A_SECOND = 1_500;

describe.runIf(findRedisServer())("a queue that does not take it", () => {
  let folder: string;
  let port: number;
  let redis: TestRedis;
  let ingest: IngestServer;

  beforeEach(async () => {
    folder = temporaryFolder();
    port = await freePort();
    redis = await startRedis({ port, durable: { folder, sync: "always" } });
    ingest = await startIngest(redis.url);
  });
  afterEach(async () => {
    await ingest.close();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Whether a webhook is refused with 503 and Retry-After within a second. */
  async function isRefusedInTime(id: string): Promise<boolean> {
    const startedAt = performance.now();
    const { status, headers } = await postWhatsapp(ingest.url, whatsappBody([id]));
    return status === 503 && Number(headers.get("retry-after")) > 0 && performance.now() - startedAt < A_SECOND;
  }

  test("a Redis that is gone gives 503 with Retry-After within a second, and 200 again once it is back", async () => {
    await redis.stop();
    expect(await isRefusedInTime("wamid.gone")).toBe(true);
    expect((await fetch(`${ingest.url}/readyz`)).status).toBe(503);
    redis = await startRedis({ port, durable: { folder, sync: "always" } });
    await until(
      "ingest takes webhooks again",
      async () => (await postWhatsapp(ingest.url, whatsappBody(["wamid.gone"]))).status === 200,
    );
  });

  test("a Redis that hangs gives 503 within a second and no request waits longer", async () => {
    process.kill(redis.pid, "SIGSTOP");
    try {
      const refused = await Promise.all(
        Array.from({ length: 50 }, (_, index) => isRefusedInTime(`wamid.hung${index}`)),
      );
      expect(refused.every(Boolean)).toBe(true);
      expect((await fetch(`${ingest.url}/readyz`)).status).toBe(503);
    } finally {
      process.kill(redis.pid, "SIGCONT");
    }
    await until(
      "ingest takes webhooks again",
      async () => (await postWhatsapp(ingest.url, whatsappBody(["wamid.back"]))).status === 200,
    );
  });

  test("1: a Redis that is full takes all of a request or nothing of it", async () => {
    await redis.stop();
    redis = await startRedis({ port, durable: { folder, sync: "always" }, maxMemory: "3mb" });
    let status = 200;
    const accepted: string[] = [];
    for (let batch = 0; status === 200 && batch < 200; batch++) {
      const ids = Array.from({ length: 300 }, (_, index) => `wamid.full${batch}x${index}`);
      status = await until("an answer that is no start-up refusal", async () => {
        const response = await postWhatsapp(ingest.url, whatsappBody(ids));
        return response.status === 503 && accepted.length === 0 ? undefined : response.status;
      });
      if (status === 200) accepted.push(...ids);
    }
    expect(status).toBe(503);
    const reader = ingest.reader("whatsapp");
    const places = await reader.states();
    await reader.close();
    expect([...places.keys()].toSorted()).toEqual(accepted.map((id) => `message.111.${id}`).toSorted());
  });
});
