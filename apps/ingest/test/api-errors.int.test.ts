import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useTestDatabase } from "@millrace/testing";
import { type IngestServer, startIngest } from "./ingest-server.ts";
import { apiKeys, note, noteApi, notes, postNote, stamps, stampSecret } from "./fake-routes.ts";

const database = useTestDatabase();
let ingest: IngestServer;

beforeAll(async () => {
  ingest = await startIngest(database.url, {}, noteApi);
});
afterAll(() => ingest.close());
type Problem = { title: string; detail: string; errors?: { pointer: string; field: string; detail: string }[] };

async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const text = await response.text();
  expect(text).not.toMatch(/-of-the-tests/);
  const problem = JSON.parse(text) as Problem & { status: number; correlationId: string };
  expect(problem.status).toBe(response.status);
  expect(problem.correlationId).toBe(response.headers.get("x-request-id"));
  return problem;
}

test("checks run in a fixed order: key, size, content type, JSON, object, schema, Idempotency-Key", async () => {
  const wrong = { authorization: "Bearer nobody", "content-type": "text/plain", "idempotency-key": "two words" };
  const authenticated = { ...wrong, authorization: `Bearer ${apiKeys[1]}` };
  const json = { ...authenticated, "content-type": "application/json" };
  const steps: [body: string, headers: Record<string, string>, status: number, title: string][] = [
    ["x".repeat(4_001), wrong, 401, "API key refused"],
    ["x".repeat(4_001), authenticated, 413, "Body too large"],
    ["not json", authenticated, 415, "Unsupported content type"],
    ["not json", json, 400, "Invalid body"],
    ["[]", json, 400, "Invalid body"],
    ["{}", json, 400, "Invalid body"],
    [JSON.stringify(note), json, 400, "Invalid Idempotency-Key"],
  ];
  const seen: [number, string][] = [];
  for (const [body, headers] of steps) {
    const response = await postNote(ingest.url, body, headers);
    seen.push([response.status, (await problemOf(response)).title]);
  }
  expect(seen).toEqual(steps.map(([, , status, title]) => [status, title]));
});

test("methods other than POST are refused before any other check", async () => {
  for (const method of ["GET", "PUT", "DELETE", "OPTIONS"]) {
    const response = await fetch(`${ingest.url}${notes.paths[1]}`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
  }
});

test("10: a missing, wrong or partial key and another scheme get 401 and enqueue nothing", async () => {
  const [key] = apiKeys;
  for (const authorization of [
    undefined,
    "",
    "Bearer",
    "Bearer ",
    `Bearer ${key.slice(0, -1)}`,
    `Bearer ${key}x`,
    `Bearer ${key} ${key}`,
    `Bearer ${apiKeys.join(",")}`,
    `Basic ${key}`,
    `Basic ${Buffer.from(`user:${key}`).toString("base64")}`,
    key,
  ]) {
    const response = await postNote(ingest.url, note, { authorization });
    expect([authorization, response.status]).toEqual([authorization, 401]);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    await problemOf(response);
  }
});

test("10: a route that requires a key refuses every request while no key is configured, and explains why", async () => {
  const keyless = await startIngest(database.url, {}, { ...noteApi, apiKeys: [] });
  try {
    for (const authorization of ["Bearer ", `Bearer ${apiKeys[0]}`, undefined]) {
      const response = await postNote(keyless.url, note, { authorization });
      expect(response.status).toBe(401);
      expect((await problemOf(response)).detail).toContain("no API key is configured");
    }
  } finally {
    await keyless.close();
  }
});

test("10: a route with its own authentication does not accept an API key", async () => {
  const post = (headers: Record<string, string>) =>
    fetch(`${ingest.url}${stamps.paths[0]}`, {
      method: "POST",
      body: "{}",
      headers: { "content-type": "application/json", ...headers },
    });
  const refused = await post({ authorization: `Bearer ${apiKeys[0]}` });
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toBeNull();
  expect((await problemOf(refused)).detail).toContain("X-Stamp");
  expect((await post({ "x-stamp": stampSecret })).status).toBe(400);
});

test("a content type other than JSON is refused, and so is a missing one", async () => {
  const types = ["text/plain", "application/x-www-form-urlencoded", "text/json", "application/jsonp", undefined];
  for (const type of types)
    expect((await postNote(ingest.url, JSON.stringify(note), { "content-type": type })).status).toBe(415);
});

test("the error for a body that is not a JSON object states what the body must be", async () => {
  const details: string[] = [];
  for (const body of ["", "{", "[1]", "null", "7", `"text"`, "\u{FFFF}", "[".repeat(300)])
    details.push((await problemOf(await postNote(ingest.url, body))).detail);
  const object = "the body must be a JSON object";
  const none = "the body is not JSON";
  expect(details).toEqual([none, none, object, object, object, object, none, "JSON nested deeper than 200"]);
});

test("an invalid field is named, and its value is not repeated", async () => {
  const body = { ...note, message: { type: "text", text: "unwelcome".repeat(20) }, "odd/key": "unwelcome" };
  const problem = await problemOf(await postNote(ingest.url, body));
  expect(problem.errors).toEqual([
    { pointer: "/message/text", field: "message.text", detail: expect.stringContaining("<=100 characters") as string },
    { pointer: "/odd~1key", field: "odd/key", detail: "is not a known field" },
  ]);
  expect(problem.detail).toMatch(/^message\.text .* \(and 1 more\)$/);
  expect(JSON.stringify(problem)).not.toContain("unwelcome");
});

test("a field that only the route refuses is named in the same way", async () => {
  const response = await postNote(ingest.url, { ...note, on: "9999-01-01" });
  expect(response.status).toBe(400);
  expect(await problemOf(response)).toMatchObject({
    title: "Invalid body",
    detail: "on must not be in the future",
    errors: [{ pointer: "/on", field: "on", detail: "must not be in the future" }],
  });
});

test("path parameters are validated like the body, and before it", async () => {
  const post = (id: string) => postNote(ingest.url, "no json", {}, `/api/notes/${id}/pin`);
  for (const id of ["7", "unwelcome", "..%2f..%2flivez"]) {
    const response = await post(id);
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({
      title: "Invalid path",
      errors: [{ pointer: "/id", field: "id", detail: expect.stringContaining("UUID") as string }],
    });
  }
  expect((await problemOf(await post(randomUUID()))).title).toBe("Invalid body");
  expect((await fetch(`${ingest.url}/api/notes/7/pin`)).status).toBe(405);
});

test("an empty or too long Idempotency-Key, and one that is not visible ASCII, is refused", async () => {
  for (const key of ["", "x".repeat(256), "two words", "caf\u00e9"])
    expect((await postNote(ingest.url, note, { "idempotency-key": key })).status).toBe(400);
});

test("an integration that is switched off has no routes", async () => {
  const off = await startIngest(database.url, {}, { apis: new Map([["notes", []]]), apiKeys });
  try {
    expect((await postNote(off.url)).status).toBe(404);
    expect(await (await fetch(`${off.url}/api/health`)).json()).toMatchObject({ integrations: { notes: false } });
    expect(await (await fetch(`${ingest.url}/api/health`)).json()).toMatchObject({ integrations: { notes: true } });
  } finally {
    await off.close();
  }
});

test("10: no refused request is in a queue, and no key is in a log line", async () => {
  const refused = ingest.log.lines().filter(({ msg, status }) => msg === "api.received" && Number(status) >= 400);
  expect(refused.length).toBeGreaterThan(20);
  expect(ingest.log.text()).not.toMatch(/-of-the-tests|unwelcome/);
  for (const role of ["requests", "inbound"] as const) {
    const reader = ingest.reader("notes", role);
    expect((await reader.states()).size).toBe(0);
    await reader.close();
  }
});
