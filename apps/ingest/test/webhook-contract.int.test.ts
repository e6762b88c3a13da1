import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { useTestDatabase } from "@millrace/testing";
import { authentic, calls, challenged, recordings, seenUrls } from "./fake-webhooks.ts";
import { type IngestServer, startIngest } from "./ingest-server.ts";

const database = useTestDatabase();
const webhooks = new Map([["calls", [calls, recordings, challenged]]]);
const noApi = { apis: new Map(), apiKeys: [] };
const path = "/api/integrations/calls/webhook";
let ingest: IngestServer;
let proxied: IngestServer;

beforeAll(async () => {
  ingest = await startIngest(database.url, {}, noApi, { webhooks });
  proxied = await startIngest(database.url, {}, noApi, { webhooks, publicUrl: "https://hooks.example/mill" });
});
afterAll(async () => {
  await ingest.close();
  await proxied.close();
});
beforeEach(() => {
  seenUrls.length = 0;
});

const post = (to: string, body: string, headers: Record<string, string> = authentic) =>
  fetch(`${ingest.url}${to}`, { method: "POST", body, headers });

const queued = async () => {
  const reader = ingest.reader("calls");
  const states = await reader.states();
  await reader.close();
  return [...states.keys()].toSorted();
};

/** Sends a request target byte for byte, which fetch would normalize. */
function sendTarget({ url }: IngestServer, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => {
      socket.write(
        `POST ${target} HTTP/1.1\r\nHost: mill.example:81\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      );
    });
    socket.once("data", (data: Buffer) => resolve(data.toString("latin1").split("\r\n", 1)[0] ?? ""));
    socket.once("error", reject);
  });
}

test("1: a response of the webhook is sent once its events are in the queue", async () => {
  const response = await post(`${path}?file=Hello`, "with-a-response");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/xml");
  expect(await response.text()).toBe("<Response><Play>Hello</Play></Response>");
  expect(await queued()).toContain("call.with-a-response");
});

test("10: an unauthentic request gets 401 and none of the webhook's response", async () => {
  for (const headers of [{}, { "x-secret": "guess" }] as Record<string, string>[]) {
    const response = await post(`${path}?file=Hello`, "forged", headers);
    expect(response.status).toBe(401);
    expect(await response.text()).not.toContain("Hello");
  }
  expect(await queued()).not.toContain("call.forged");
});

test("a POST challenge is answered without a secret and enqueues nothing", async () => {
  const before = await queued();
  const response = await post(path, "challenge=abc123", {});
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.json()).toEqual({ challenge: "abc123" });
  expect(await queued()).toEqual(before);
});

test("every webhook of an integration has its own paths, challenge and response", async () => {
  const response = await post("/api/integrations/calls/recordings", "challenge=abc123", {});
  expect([response.status, await response.text()]).toEqual([200, ""]);
  expect(await queued()).toContain("recording.1");
});

test("a webhook answers the methods of its challenges, and Allow lists them", async () => {
  const get = (to: string) => fetch(`${ingest.url}${to}`);
  const refused = await get(path);
  expect([refused.status, refused.headers.get("allow")]).toEqual([405, "POST"]);
  const both = "/api/integrations/calls/challenged";
  expect(await (await get(`${both}?token=right`)).text()).toBe("GET");
  expect((await get(`${both}?token=wrong`)).status).toBe(403);
  expect(await (await post(`${both}?token=right`, "")).text()).toBe("POST");
  expect(await (await post(both, "")).text()).toBe("");
  const other = await fetch(`${ingest.url}${both}`, { method: "DELETE" });
  expect([other.status, other.headers.get("allow")]).toEqual([405, "GET, POST"]);
});

const TARGETS = [
  "/api/integrations/calls/webhook?b=2&a=1&&empty=&plus=a+b&space=%20",
  "/api/webhooks/calls/%7eline%2f1?text=It's%20%c3%a4",
  "/api/webhooks/calls/line?",
];

test.each(TARGETS)("10: the URL is the Host header with the path and query byte for byte: %s", async (target) => {
  expect(await sendTarget(ingest, target)).toContain("401");
  expect(seenUrls).toEqual([`http://mill.example:81${target}`]);
});

test.each(TARGETS)(
  "10: with a public URL, its prefix precedes the path and query byte for byte: %s",
  async (target) => {
    expect(await sendTarget(proxied, target)).toContain("401");
    expect(seenUrls).toEqual([`https://hooks.example/mill${target}`]);
  },
);

test("10: a request target with a host has the public URL all the same", async () => {
  expect(await sendTarget(proxied, `http://evil.example${TARGETS[0]}`)).toContain("401");
  expect(seenUrls).toEqual([`https://hooks.example/mill${TARGETS[0]}`]);
});
