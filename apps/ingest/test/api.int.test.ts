import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { QueueRole } from "@millrace/core";
import { queueStores, useTestDatabase } from "@millrace/testing";
import { type IngestServer, startIngest } from "./ingest-server.ts";
import { apiKeys, note, noteApi, notes, postNote, stamps, stampSecret } from "./fake-routes.ts";

describe.each(queueStores())("the API on $kind", (store) => {
  const database = useTestDatabase();
  let ingest: IngestServer;

  beforeAll(async () => {
    ingest = await startIngest(await store.url(database.url), {}, noteApi);
  });
  afterAll(() => ingest.close());

  const queued = async (role: QueueRole): Promise<string[]> => {
    const reader = ingest.reader("notes", role);
    const states = await reader.states();
    await reader.close();
    return [...states.keys()];
  };

  test("1: a 202 means that every event is in the queue of the route's role under the id in the response", async () => {
    const response = await postNote(ingest.url, { ...note, copies: 500 }, { "x-request-id": "caller-18" });
    expect(response.status).toBe(202);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("x-request-id")).toBe("caller-18");
    const { ids } = (await response.json()) as { ids: string[] };
    expect(ids).toHaveLength(500);
    expect(await queued("requests")).toEqual(expect.arrayContaining(ids.map((id) => `note.${id}`)));
    const reader = ingest.reader("notes", "requests");
    expect((await reader.find(`note.${ids[0]}`)).correlationId).toBe("caller-18");
    await reader.close();
  });

  test("3: requests with the same Idempotency-Key are one job and get the same response, also concurrently", async () => {
    const before = await queued("requests");
    const post = (key: string) => postNote(ingest.url, note, { "idempotency-key": key });
    const answers = await Promise.all(["order-1", "order-1", "order-1"].map(post));
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(bodies).size).toBe(1);
    expect(await (await post("order-2")).text()).not.toBe(bodies[0]);
    expect(await queued("requests")).toHaveLength(before.length + 2);
  });

  test("the Idempotency-Keys of two callers do not affect each other", async () => {
    const headers = { "idempotency-key": "order-3" };
    const first = await postNote(ingest.url, note, headers);
    const second = await postNote(ingest.url, note, { ...headers, authorization: `bearer ${apiKeys[1]}` });
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(await first.text()).not.toBe(await second.text());
  });

  test("every path of a route responds, and a route of another role uses its own queue", async () => {
    const alias = await fetch(`${ingest.url}${notes.paths[1]}`, {
      method: "POST",
      body: JSON.stringify(note),
      headers: { authorization: `Bearer ${apiKeys[0]}`, "content-type": "application/json; charset=utf-8" },
    });
    expect(alias.status).toBe(202);
    const stamped = await fetch(`${ingest.url}${stamps.paths[0]}`, {
      method: "POST",
      body: JSON.stringify({ note: "17" }),
      headers: { "x-stamp": stampSecret, "content-type": "application/json" },
    });
    expect(stamped.status).toBe(200);
    expect(await stamped.json()).toEqual({ by: stamps.paths[0] });
    expect(await queued("inbound")).toEqual(["stamp.17.no-key"]);
  });

  test("10: a signed request has the key of its signature, and a request with a secret has its Idempotency-Key", async () => {
    const post = (headers: Record<string, string>) =>
      fetch(`${ingest.url}${stamps.paths[0]}`, {
        method: "POST",
        body: JSON.stringify({ note: "18" }),
        headers: { "x-stamp": stampSecret, "content-type": "application/json", ...headers },
      });
    for (const key of ["key-1", "key-2", "two words"])
      expect((await post({ "x-stamp-signed": "hash", "idempotency-key": key, "webhook-id": key })).status).toBe(200);
    expect((await post({ "idempotency-key": "key-3", "webhook-id": "unsigned" })).status).toBe(200);
    const events = (await queued("inbound")).filter((id) => id.startsWith("stamp.18"));
    expect(events.toSorted()).toEqual(["stamp.18.hash", "stamp.18.key-3"]);
  });

  test("a path parameter is part of the event", async () => {
    const id = "019ab000-0000-7000-8000-00000000000c";
    const response = await postNote(ingest.url, {}, {}, `/api/notes/${id}/pin`);
    expect([response.status, await response.json()]).toEqual([202, { pinned: id }]);
    expect(await queued("inbound")).toContain(`pin.${id}`);
  });

  test("each request has one log line that identifies the caller without the key and contains nothing of the body", async () => {
    await postNote(ingest.url, note, { "x-request-id": "logged" });
    const line = ingest.log.lines().find(({ correlationId }) => correlationId === "logged");
    expect(line).toMatchObject({
      msg: "api.received",
      integration: "notes",
      route: notes.paths[0],
      status: 202,
      events: 1,
    });
    expect(line?.["caller"]).toMatch(/^[0-9a-f]{12}$/);
    expect(ingest.log.text()).not.toMatch(/-of-the-tests|words of the note|Ada/);
  });
});
