import { networks } from "@millrace/core";
import type { Role } from "@millrace/db";
import { useTestDatabase } from "@millrace/testing";
import { afterEach, expect, test } from "vitest";
import {
  basic,
  type DashboardServer,
  openDashboard,
  OPERATOR,
  OWN_PAGE,
  QUEUE,
  setOperator,
} from "./dashboard-server.ts";

const THIS_HOST = "127.0.0.1/32";
const OTHER_HOSTS = "10.0.0.0/8";

const database = useTestDatabase();
let dashboard: DashboardServer;

afterEach(() => dashboard.close());

/** Starts a dashboard that trusts the proxies of a network. */
async function behind(cidr: string, role: Role = "viewer"): Promise<void> {
  const proxies = { addresses: networks([cidr]), userHeader: "x-forwarded-user", role };
  dashboard = await openDashboard(database.url, database.url, { proxies });
}
const status = async (headers: Record<string, string>) =>
  (await dashboard.request("GET", "/api/queues", headers)).status;
const pause = async (headers: Record<string, string>) =>
  (await dashboard.request("PUT", `/api/queues/${QUEUE}/pause`, headers)).status;

test("a trusted proxy signs a person in by its header, and a password works without the header", async () => {
  await behind(THIS_HOST);
  expect(await status({ "X-Forwarded-User": "ada@example.org" })).toBe(200);
  expect(await (await dashboard.request("GET", "/audit", { "X-Forwarded-User": "ada@example.org" })).text()).toContain(
    "<span>ada@example.org",
  );
  expect([await status({}), await status({ "X-Forwarded-User": "" }), await status(basic(OPERATOR))]).toEqual([
    401, 401, 200,
  ]);
});

test("the header is ignored from an address that is not trusted", async () => {
  await behind(OTHER_HOSTS, "operator");
  expect(await status({ "X-Forwarded-User": "ada" })).toBe(401);
  expect(await pause({ "X-Forwarded-User": "ada", ...OWN_PAGE })).toBe(401);
  // The client cannot claim a trusted address either.
  expect(await status({ "X-Forwarded-User": "ada", "X-Forwarded-For": "10.0.0.1" })).toBe(401);
});

/** Sends ten wrong passwords. */
async function sendTenWrongPasswords(forwardedFor: string): Promise<void> {
  for (let index = 0; index < 10; index++)
    expect((await signInFrom(forwardedFor, { ...OPERATOR, user: `guess ${index}` })).status).toBe(401);
}
const signInFrom = (forwardedFor: string, credentials = OPERATOR) =>
  dashboard.signIn(credentials, { ...OWN_PAGE, "X-Forwarded-For": forwardedFor });

test("wrong passwords through a trusted proxy block only the address that the proxy reports", async () => {
  await behind(THIS_HOST);
  await sendTenWrongPasswords("203.0.113.9");
  expect((await signInFrom("203.0.113.9")).status).toBe(429);
  expect((await signInFrom("198.51.100.7")).status).toBe(303);
  // The entries of the client come before those of the proxies.
  expect((await signInFrom("198.51.100.7, 203.0.113.9, 127.0.0.1")).status).toBe(429);
  expect((await signInFrom("203.0.113.9, 198.51.100.7")).status).toBe(303);
});

test("without a trusted proxy a client cannot avoid the block by claiming another address", async () => {
  await behind(OTHER_HOSTS);
  await sendTenWrongPasswords("203.0.113.9");
  expect((await signInFrom("198.51.100.7")).status).toBe(429);
  expect((await signInFrom("10.0.0.1")).status).toBe(429);
});

test("without trusted proxies the header is ignored", async () => {
  dashboard = await openDashboard(database.url, database.url);
  expect(await status({ "X-Forwarded-User": "ada" })).toBe(401);
});

test("a request with two names is rejected", async () => {
  await behind(THIS_HOST);
  const headers = new Headers({ "X-Forwarded-User": "ada" });
  headers.append("X-Forwarded-User", "grace");
  expect((await fetch(`${dashboard.base}/api/queues`, { headers })).status).toBe(401);
});

test("a person has the role from the table, or else the role for all people of the proxy", async () => {
  await behind(THIS_HOST);
  await setOperator(dashboard, { user: "olga", password: "hardly ever used", role: "operator" });
  expect(await pause({ "X-Forwarded-User": "stranger", ...OWN_PAGE })).toBe(403);
  expect(await pause({ "X-Forwarded-User": OPERATOR.user, ...OWN_PAGE })).toBe(403);
  expect(await dashboard.queue.isPaused()).toBe(false);
  expect(await pause({ "X-Forwarded-User": "olga", ...OWN_PAGE })).toBe(200);
});

test.each([{}, { "Sec-Fetch-Site": "cross-site" }, { Origin: "http://evil.example" }])(
  "a browser also sends cross-site requests through the proxy, so a change must come from the own page: %j",
  async (headers: Record<string, string>) => {
    await behind(THIS_HOST, "operator");
    expect(await pause({ "X-Forwarded-User": "ada", ...headers })).toBe(403);
    // A password in the same request does not change that.
    expect(await pause({ "X-Forwarded-User": "ada", ...basic(OPERATOR), ...headers })).toBe(403);
    expect(await dashboard.queue.isPaused()).toBe(false);
  },
);
