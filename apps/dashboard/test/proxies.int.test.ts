import { networks } from "@millrace/core";
import type { Role } from "@millrace/db";
import { createTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  basic,
  type DashboardServer,
  openDashboard,
  OPERATOR,
  OWN_PAGE,
  QUEUE,
  setOperator,
} from "./dashboard-server.ts";

const HERE = "127.0.0.1/32";
const ELSEWHERE = "10.0.0.0/8";

let testDatabase: TestDatabase;
let dashboard: DashboardServer;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.drop());
afterEach(() => dashboard.close());

async function behind(cidr: string, role: Role = "viewer"): Promise<void> {
  const proxies = { addresses: networks([cidr]), userHeader: "x-forwarded-user", role };
  dashboard = await openDashboard(testDatabase.url, testDatabase.url, { proxies });
}
const status = async (headers: Record<string, string>) => (await dashboard.ask("GET", "/api/queues", headers)).status;
const pause = async (headers: Record<string, string>) =>
  (await dashboard.ask("PUT", `/api/queues/${QUEUE}/pause`, headers)).status;

test("who a trusted proxy names is signed in; without the header the other ways stay", async () => {
  await behind(HERE);
  expect(await status({ "X-Forwarded-User": "ada@example.org" })).toBe(200);
  expect(await (await dashboard.ask("GET", "/audit", { "X-Forwarded-User": "ada@example.org" })).text()).toContain(
    "<span>ada@example.org",
  );
  expect([await status({}), await status({ "X-Forwarded-User": "" }), await status(basic(OPERATOR))]).toEqual([
    401, 401, 200,
  ]);
});

test("the header from any other address is ignored", async () => {
  await behind(ELSEWHERE, "operator");
  expect(await status({ "X-Forwarded-User": "ada" })).toBe(401);
  expect(await pause({ "X-Forwarded-User": "ada", ...OWN_PAGE })).toBe(401);
  // Nor does an address that somebody says.
  expect(await status({ "X-Forwarded-User": "ada", "X-Forwarded-For": "10.0.0.1" })).toBe(401);
});

/** Signs in ten times with a wrong password. */
async function guessTen(forwardedFor: string): Promise<void> {
  for (let index = 0; index < 10; index++)
    expect((await signInFrom(forwardedFor, { ...OPERATOR, user: `guess ${index}` })).status).toBe(401);
}
const signInFrom = (forwardedFor: string, credentials = OPERATOR) =>
  dashboard.signIn(credentials, { ...OWN_PAGE, "X-Forwarded-For": forwardedFor });

test("who guesses through a trusted proxy keeps only who comes from the same address from signing in", async () => {
  await behind(HERE);
  await guessTen("203.0.113.9");
  expect((await signInFrom("203.0.113.9")).status).toBe(429);
  expect((await signInFrom("198.51.100.7")).status).toBe(303);
  // What a caller has sent stands before what the proxies wrote.
  expect((await signInFrom("198.51.100.7, 203.0.113.9, 127.0.0.1")).status).toBe(429);
  expect((await signInFrom("203.0.113.9, 198.51.100.7")).status).toBe(303);
});

test("from elsewhere nobody guesses on by saying another address", async () => {
  await behind(ELSEWHERE);
  await guessTen("203.0.113.9");
  expect((await signInFrom("198.51.100.7")).status).toBe(429);
  expect((await signInFrom("10.0.0.1")).status).toBe(429);
});

test("without trusted proxies the header is ignored", async () => {
  dashboard = await openDashboard(testDatabase.url, testDatabase.url);
  expect(await status({ "X-Forwarded-User": "ada" })).toBe(401);
});

test("of two names neither counts", async () => {
  await behind(HERE);
  const headers = new Headers({ "X-Forwarded-User": "ada" });
  headers.append("X-Forwarded-User", "grace");
  expect((await fetch(`${dashboard.base}/api/queues`, { headers })).status).toBe(401);
});

test("the role is that of the table, or else the one for all", async () => {
  await behind(HERE);
  await setOperator(dashboard, { user: "olga", password: "hardly ever used", role: "operator" });
  expect(await pause({ "X-Forwarded-User": "stranger", ...OWN_PAGE })).toBe(403);
  expect(await pause({ "X-Forwarded-User": OPERATOR.user, ...OWN_PAGE })).toBe(403);
  expect(await dashboard.queue.isPaused()).toBe(false);
  expect(await pause({ "X-Forwarded-User": "olga", ...OWN_PAGE })).toBe(200);
});

test.each([{}, { "Sec-Fetch-Site": "cross-site" }, { Origin: "http://evil.example" }])(
  "the browser goes by the proxy on its own too, so a change must come from our own page: %j",
  async (headers: Record<string, string>) => {
    await behind(HERE, "operator");
    expect(await pause({ "X-Forwarded-User": "ada", ...headers })).toBe(403);
    // Not even with a script's password in the same request.
    expect(await pause({ "X-Forwarded-User": "ada", ...basic(OPERATOR), ...headers })).toBe(403);
    expect(await dashboard.queue.isPaused()).toBe(false);
  },
);
