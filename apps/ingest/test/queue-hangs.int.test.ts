import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { queueStores, startTcpProxy, type TcpProxy, until, useTestDatabase } from "@millrace/testing";
import { type IngestServer, postWhatsapp, startIngest, whatsappBody } from "./ingest-server.ts";

/** A request that takes longer than this, in ms, waited for the store. The timeout is 800 ms. */
const WAITED_MS = 400;

describe.each(queueStores())("webhooks while $kind hangs", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let proxy: TcpProxy;
  let ingest: IngestServer;

  beforeEach(async () => {
    const url = new URL(await store.url(testDatabase.url));
    proxy = await startTcpProxy(Number(url.port));
    ingest = await startIngest(Object.assign(url, { hostname: "127.0.0.1", port: String(proxy.port) }).href);
  });
  afterEach(async () => {
    proxy.pass();
    await ingest.close();
    await proxy.close();
  });

  const post = async (id: string) => {
    const startedAt = performance.now();
    const { status, headers } = await postWhatsapp(ingest.url, whatsappBody([id]));
    return { status, retryAfter: headers.get("retry-after"), waited: performance.now() - startedAt > WAITED_MS };
  };
  const logged = (message: string) => ingest.log.lines().filter(({ msg }) => msg === message).length;

  test("1: after some time-outs ingest answers 503 at once, probes, and accepts webhooks when the store is back", async () => {
    expect((await post("wamid.before")).status).toBe(200);
    proxy.hang();
    await until("the circuit opens", async () => {
      expect((await post("wamid.hung")).status).toBe(503);
      return logged("queue.unavailable") > 0;
    });
    const startedAt = performance.now();
    const refused: Awaited<ReturnType<typeof post>>[] = [];
    for (let request = 0; request < 40; request++) refused.push(await post(`wamid.refused${request}`));
    const probes = 1 + Math.floor((performance.now() - startedAt) / 1_000);
    expect(refused.every(({ status, retryAfter }) => status === 503 && Number(retryAfter) > 0)).toBe(true);
    expect(refused.filter(({ waited }) => waited).length).toBeLessThanOrEqual(probes);
    expect((await fetch(`${ingest.url}/readyz`)).status).toBe(503);
    expect(logged("queue.available")).toBe(0);
    proxy.pass();
    await until("ingest accepts webhooks again", async () => (await post("wamid.after")).status === 200);
    expect((await post("wamid.next")).status).toBe(200);
    expect([logged("queue.unavailable"), logged("queue.available")]).toEqual([1, 1]);
    await until("ingest is ready", async () => (await fetch(`${ingest.url}/readyz`)).ok);
  });
});
