import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findRedisServer, freePort, startRedis, temporaryFolder, type TestRedis, until } from "@millrace/testing";
import { type IngestServer, postWhatsapp, startIngest, whatsappBody } from "./ingest-server.ts";

/** Longest time until a 503, in ms: one second, and a margin for a busy machine. */
const MAX_WAIT_MS = 1_500;

describe.runIf(findRedisServer())("webhooks while the queue is unavailable", () => {
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
  async function isRefusedWithinASecond(id: string): Promise<boolean> {
    const startedAt = performance.now();
    const { status, headers } = await postWhatsapp(ingest.url, whatsappBody([id]));
    return status === 503 && Number(headers.get("retry-after")) > 0 && performance.now() - startedAt < MAX_WAIT_MS;
  }

  test("while Redis is down webhooks get 503 with Retry-After within a second, and 200 once it is back", async () => {
    await redis.stop();
    expect(await isRefusedWithinASecond("wamid.gone")).toBe(true);
    expect((await fetch(`${ingest.url}/readyz`)).status).toBe(503);
    redis = await startRedis({ port, durable: { folder, sync: "always" } });
    await until(
      "ingest accepts webhooks again",
      async () => (await postWhatsapp(ingest.url, whatsappBody(["wamid.gone"]))).status === 200,
    );
  });

  test("while Redis hangs every webhook gets 503 within a second", async () => {
    process.kill(redis.pid, "SIGSTOP");
    try {
      const refused = await Promise.all(
        Array.from({ length: 50 }, (_, index) => isRefusedWithinASecond(`wamid.hung${index}`)),
      );
      expect(refused.every(Boolean)).toBe(true);
      // Readiness writes at most once a second, so it can know Redis as it was a moment ago.
      await until("ingest is not ready", async () => (await fetch(`${ingest.url}/readyz`)).status === 503);
    } finally {
      process.kill(redis.pid, "SIGCONT");
    }
    await until(
      "ingest accepts webhooks again",
      async () => (await postWhatsapp(ingest.url, whatsappBody(["wamid.back"]))).status === 200,
    );
  });

  test("1: a full Redis accepts all events of a request or none", async () => {
    await redis.stop();
    redis = await startRedis({ port, durable: { folder, sync: "always" }, maxMemory: "3mb" });
    let status = 200;
    const accepted: string[] = [];
    for (let batch = 0; status === 200 && batch < 200; batch++) {
      const ids = Array.from({ length: 300 }, (_, index) => `wamid.full${batch}x${index}`);
      status = await until("Redis has started", async () => {
        const response = await postWhatsapp(ingest.url, whatsappBody(ids));
        return response.status === 503 && accepted.length === 0 ? undefined : response.status;
      });
      if (status === 200) accepted.push(...ids);
    }
    expect(status).toBe(503);
    const reader = ingest.reader("whatsapp");
    const states = await reader.states();
    await reader.close();
    expect([...states.keys()].toSorted()).toEqual(accepted.map((id) => `message.111.${id}`).toSorted());
  });
});
