import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { queueStores, useTestDatabase } from "@millrace/testing";
import { type IngestServer, postWhatsapp, startIngest, whatsappBody } from "./ingest-server.ts";

describe.each(queueStores())("webhooks on $kind", (store) => {
  const database = useTestDatabase();
  let ingest: IngestServer;

  beforeAll(async () => {
    ingest = await startIngest(await store.url(database.url));
  });
  afterAll(() => ingest.close());

  const queued = async (): Promise<string[]> => {
    const reader = ingest.reader("whatsapp");
    const states = await reader.states();
    await reader.close();
    return [...states.keys()].toSorted();
  };
  let before: string[] = [];
  const added = async () => (await queued()).filter((id) => !before.includes(id));
  afterEach(async () => {
    before = await queued();
  });

  test("1: a 200 means that every event of the request is in the queue", async () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `wamid.batch${index}`);
    const response = await postWhatsapp(ingest.url, whatsappBody(ids));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
    expect(await added()).toEqual(ids.map((id) => `message.111.${id}`).toSorted());
  });

  test("3: items that are delivered again in other batches are not queued again", async () => {
    await postWhatsapp(ingest.url, whatsappBody(["wamid.a", "wamid.b", "wamid.b"]));
    await postWhatsapp(ingest.url, whatsappBody(["wamid.b"]));
    await postWhatsapp(ingest.url, whatsappBody(["wamid.c", "wamid.a"]));
    expect(await added()).toEqual(["message.111.wamid.a", "message.111.wamid.b", "message.111.wamid.c"]);
  });

  test("concurrent requests each get a response and lose no event", async () => {
    const ids = Array.from({ length: 200 }, (_, index) => `wamid.parallel${index}`);
    const responses = await Promise.all(ids.map((id) => postWhatsapp(ingest.url, whatsappBody([id]))));
    expect(new Set(responses.map((response) => response.status))).toEqual(new Set([200]));
    expect(await added()).toHaveLength(200);
  });

  test("10: a wrong signature gets 401 without details and enqueues nothing", async () => {
    const body = whatsappBody(["wamid.forged"]);
    const forged = `sha256=${"0".repeat(64)}`;
    for (const headers of [
      { "x-hub-signature-256": forged },
      { "x-hub-signature-256": "" },
      { "x-hub-signature-256": "sha1=abc" },
    ]) {
      const response = await postWhatsapp(ingest.url, body, headers);
      expect(response.status).toBe(401);
      expect(Object.keys((await response.json()) as object)).toEqual(["type", "title", "status", "correlationId"]);
    }
    const changed = await postWhatsapp(ingest.url, body, { "x-hub-signature-256": await signatureOf(`${body} `) });
    expect(changed.status).toBe(401);
    expect(await added()).toEqual([]);
  });

  test("every configured secret is accepted, and none is in a log line or a job", async () => {
    const body = whatsappBody(["wamid.rotated"]);
    const response = await postWhatsapp(ingest.url, body, {
      "x-hub-signature-256": await signatureOf(body, "whatsapp-old-secret"),
    });
    expect(response.status).toBe(200);
    expect(ingest.log.text()).not.toMatch(/whatsapp-(old|new)-secret|verify-token|sha256=/);
  });

  test("11: a signed body that cannot be parsed is accepted and kept", async () => {
    for (const body of ["not json", '{"object":"x"}', "[1,2", "\u0000", JSON.stringify({ entry: [{ id: "1" }] })]) {
      expect((await postWhatsapp(ingest.url, body)).status).toBe(200);
    }
    const ids = await added();
    expect(ids).toHaveLength(5);
    expect(ids.every((id) => id.startsWith("unreadable."))).toBe(true);
  });

  test("text that Postgres cannot store is accepted", async () => {
    const response = await postWhatsapp(ingest.url, whatsappBody(["wamid.nul"], "a\u0000b\ud800c"));
    expect(response.status).toBe(200);
    expect(await added()).toEqual(["message.111.wamid.nul"]);
  });

  test("the caller's X-Request-Id is the correlation id if it is a plain token; otherwise ingest generates one", async () => {
    const given = await postWhatsapp(ingest.url, whatsappBody(["wamid.corr1"]), { "x-request-id": "caller-17" });
    expect(given.headers.get("x-request-id")).toBe("caller-17");
    const made = await postWhatsapp(ingest.url, whatsappBody(["wamid.corr2"]), { "x-request-id": "two words" });
    expect(made.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    const reader = ingest.reader("whatsapp");
    expect((await reader.find("message.111.wamid.corr1")).correlationId).toBe("caller-17");
    await reader.close();
  });
});

async function signatureOf(body: string, secret = "whatsapp-new-secret"): Promise<string> {
  const { createHmac } = await import("node:crypto");
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}
