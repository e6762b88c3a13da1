import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useTestDatabase } from "@millrace/testing";
import { environment, type IngestServer, postWhatsapp, startIngest, whatsappBody } from "./ingest-server.ts";

const database = useTestDatabase();
let ingest: IngestServer;

beforeAll(async () => {
  ingest = await startIngest(database.url, { TELEGRAM_WEBHOOK_ENABLED: "false" });
});
afterAll(() => ingest.close());

test("a verification request with the right token gets its challenge back byte for byte", async () => {
  const path = "/api/integrations/whatsapp/webhook?hub.mode=subscribe&hub.challenge=01158201444";
  const right = await fetch(`${ingest.url}${path}&hub.verify_token=${environment.WHATSAPP_WEBHOOK_VERIFY_TOKEN}`);
  expect(right.status).toBe(200);
  expect(right.headers.get("content-type")).toMatch(/^text\/plain/);
  expect(await right.text()).toBe("01158201444");
  const wrong = await fetch(`${ingest.url}${path}&hub.verify_token=guess`);
  expect(wrong.status).toBe(403);
  expect(await wrong.text()).not.toContain("01158201444");
});

test("every path of a webhook responds", async () => {
  for (const path of ["/api/webhooks/whatsapp", "/api/integrations/whatsapp/webhook"]) {
    expect((await fetch(`${ingest.url}${path}`, { method: "POST", body: "{}" })).status).toBe(401);
  }
});

test("unknown routes and methods and integrations that are switched off are refused before the body is read", async () => {
  const statuses = async (path: string, method: string) => (await fetch(`${ingest.url}${path}`, { method })).status;
  expect(await statuses("/api/webhooks/unknown", "POST")).toBe(404);
  expect(await statuses("/api/webhooks/whatsapp", "DELETE")).toBe(405);
  expect(await statuses("/api/integrations/telegram/webhook", "POST")).toBe(404);
  expect(await statuses("/api/integrations/n8n/ai-response", "POST")).toBe(404);
});

test("health reports which integrations are switched on and nothing else", async () => {
  const health = (await (await fetch(`${ingest.url}/api/health`)).json()) as { integrations: Record<string, boolean> };
  expect(health.integrations["whatsapp"]).toBe(true);
  expect(health.integrations["telegram"]).toBe(false);
  expect(JSON.stringify(health)).not.toContain("secret");
  expect((await fetch(`${ingest.url}/livez`)).status).toBe(200);
  expect((await fetch(`${ingest.url}/readyz`)).status).toBe(200);
});

test("a body over the limit is refused by its Content-Length", async () => {
  expect((await postWhatsapp(ingest.url, "x".repeat(3 * 1024 * 1024 + 1))).status).toBe(413);
  expect((await postWhatsapp(ingest.url, whatsappBody(["wamid.after-large"]))).status).toBe(200);
});

test("a chunked body over the limit is refused while it is read", async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(ingest.url).port), "127.0.0.1", () => {
      socket.write("POST /api/webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
      const feed = () => {
        while (!socket.destroyed && socket.write(chunk));
        if (!socket.destroyed) socket.once("drain", feed);
      };
      feed();
    });
    socket.once("data", (data: Buffer) => {
      resolve(data.toString("latin1").split("\r\n", 1)[0] ?? "");
      socket.destroy();
    });
    socket.once("error", reject);
  });
  expect(answer).toContain("413");
});

test("a request that is cut off in its body enqueues nothing", async () => {
  await new Promise<void>((resolve) => {
    const socket = connect(Number(new URL(ingest.url).port), "127.0.0.1", () => {
      socket.write("POST /api/webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\npart of it", () =>
        socket.destroy(),
      );
    });
    socket.once("close", () => resolve());
  });
  expect((await postWhatsapp(ingest.url, whatsappBody(["wamid.after-hangup"]))).status).toBe(200);
});
