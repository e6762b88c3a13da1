import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findRedisServer, freePort, startRedis, temporaryFolder, type TestRedis, until } from "@millrace/testing";
import { type IngestServer, startIngest } from "./ingest-server.ts";
import { note, noteApi, postNote } from "./fake-routes.ts";

describe.runIf(findRedisServer())("the API while the queue is unavailable", () => {
  let folder: string;
  let port: number;
  let redis: TestRedis;
  let ingest: IngestServer;

  beforeEach(async () => {
    folder = temporaryFolder();
    port = await freePort();
    redis = await startRedis({ port, durable: { folder, sync: "always" } });
    ingest = await startIngest(redis.url, {}, noteApi);
  });
  afterEach(async () => {
    await ingest.close();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const queued = async (): Promise<string[]> => {
    const reader = ingest.reader("notes", "requests");
    const states = await reader.states();
    await reader.close();
    return [...states.keys()].toSorted();
  };

  test("1: while Redis is down a request gets 503 with Retry-After, and is queued once when it is repeated with its Idempotency-Key", async () => {
    await redis.stop();
    const post = () => postNote(ingest.url, { ...note, copies: 3 }, { "idempotency-key": "order-1" });
    const refused = await post();
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refused.json()).not.toHaveProperty("ids");
    redis = await startRedis({ port, durable: { folder, sync: "always" } });
    const accepted = await until("ingest accepts requests again", async () => {
      const response = await post();
      return response.status === 202 ? response : undefined;
    });
    const { ids } = (await accepted.json()) as { ids: string[] };
    expect(await queued()).toEqual(ids.map((id) => `note.${id}`).toSorted());
  });

  test("1: a full Redis accepts all events of a request or none", async () => {
    await redis.stop();
    redis = await startRedis({ port, durable: { folder, sync: "always" }, maxMemory: "3mb" });
    const accepted: string[] = [];
    let status = 202;
    for (let request = 0; status === 202 && request < 200; request++) {
      const response = await until("Redis has started", async () => {
        const answer = await postNote(ingest.url, { ...note, copies: 300 });
        return answer.status === 503 && accepted.length === 0 ? undefined : answer;
      });
      status = response.status;
      if (status === 202) accepted.push(...((await response.json()) as { ids: string[] }).ids);
    }
    expect(status).toBe(503);
    expect(await queued()).toEqual(accepted.map((id) => `note.${id}`).toSorted());
  });
});
