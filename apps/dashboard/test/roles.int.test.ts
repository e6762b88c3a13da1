import { appRoutes } from "@bull-board/api/dist/routes.js";
import { createTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  basic,
  cookieOf,
  type DashboardServer,
  openDashboard,
  OPERATOR,
  OWN_PAGE,
  QUEUE,
  setOperator,
} from "./dashboard-server.ts";

const VIEWER = { user: "vera", password: "only wants to look" };

const boardRoutes = appRoutes.api.flatMap(({ method, route }) =>
  [route].flat().map((path) => ({
    method: String(method).toUpperCase(),
    path: path
      .replace(":queueName", QUEUE)
      .replace(":jobId", "later")
      .replace(":queueStatus", "failed")
      .replace(":schedulerId", "nightly"),
  })),
);
const ID = "01a21391-25c9-71a7-87d2-949ddf2a17c6";

/** What our own pages and the API for scripts change. */
const ownRoutes = [
  { method: "POST", path: "/replays" },
  { method: "POST", path: "/replays/:id/cancel" },
  { method: "POST", path: "/sources" },
  { method: "POST", path: "/conversions/release" },
  { method: "POST", path: "/api/dead-letters/replay" },
  { method: "POST", path: "/api/dead-letters/discard" },
  { method: "POST", path: "/api/dead-letters/replays/:id/cancel" },
  { method: "PUT", path: "/api/dead-letters/:id" },
];
const changing = [
  ...boardRoutes.filter(({ method }) => method !== "GET"),
  ...ownRoutes.map(({ method, path }) => ({ method, path: path.replace(":id", ID) })),
  { method: "POST", path: "/no/such/route" },
  { method: "DELETE", path: "/audit" },
  { method: "OPTIONS", path: "/" },
];

let testDatabase: TestDatabase;
let dashboard: DashboardServer;
let operator: { Cookie: string };
let viewer: { Cookie: string };

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  dashboard = await openDashboard(testDatabase.url, testDatabase.url);
  await setOperator(dashboard, { ...VIEWER, role: "viewer" });
  operator = cookieOf(await dashboard.signIn(OPERATOR));
  viewer = cookieOf(await dashboard.signIn(VIEWER));
  await dashboard.queue.add("message", {}, { jobId: "later", delay: 3_600_000 });
});
afterAll(async () => {
  await dashboard.close();
  await testDatabase.drop();
});

describe.each(changing)("$method $path", ({ method, path }) => {
  const refused = async (headers: Record<string, string>) => {
    const response = await dashboard.ask(method, path, headers);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await dashboard.queue.isPaused()).toBe(false);
    expect(await dashboard.queue.getJobState("later")).toBe("delayed");
    return { status: response.status, ...((await response.json()) as { title: string }) };
  };
  const NOT_FOR_VIEWERS = { status: 403, title: "Refused: a viewer looks and changes nothing" };
  const NOT_OURS = { status: 403, title: "Refused: the request does not come from a page of ours" };

  test("needs a sign-in", async () => expect(await refused(OWN_PAGE)).toMatchObject({ status: 401 }));

  test("is not for a viewer", async () => {
    expect(await refused({ ...viewer, ...OWN_PAGE })).toMatchObject(NOT_FOR_VIEWERS);
    expect(await refused(basic(VIEWER))).toMatchObject(NOT_FOR_VIEWERS);
  });

  test.each([
    {},
    { "Sec-Fetch-Site": "none" },
    { "Sec-Fetch-Site": "same-site", Origin: "http://other.example" },
    { "Sec-Fetch-Site": "cross-site" },
    { Origin: "http://evil.example" },
    { Origin: "null" },
  ])("by cookie needs to come from our own page: %j", async (headers) => {
    expect(await refused({ ...operator, ...headers } as never)).toMatchObject(NOT_OURS);
  });
});

test("there is no other route that changes anything, but those to sign in and out", () => {
  const board = appRoutes.api.flatMap(({ route }) => [route].flat());
  const tried = [...board, ...ownRoutes.map(({ path }) => path), "/sign-in", "/sign-out"];
  const changes = dashboard.routes.filter(({ method }) => !["GET", "ALL"].includes(method));
  expect(changes.length).toBeGreaterThan(20);
  expect(changes.filter(({ path }) => !tried.includes(path))).toEqual([]);
});

test.each([
  "/",
  "/audit",
  "/replays",
  "/sources",
  "/conversions",
  "/api/dead-letters",
  "/sign-out",
  "/api/queues",
  `/api/queues/${QUEUE}/later`,
])("a viewer looks at %s", async (path) => {
  for (const headers of [viewer, basic(VIEWER)]) expect((await dashboard.ask("GET", path, headers)).status).toBe(200);
  expect((await dashboard.ask("HEAD", path, viewer)).status).toBe(200);
});

test("a viewer's board offers no changes", async () => {
  const hides = async (headers: Record<string, string>) =>
    (await (await dashboard.ask("GET", "/", headers)).text()).includes("lucide-ellipsis-vertical");
  expect([await hides(viewer), await hides(operator)]).toEqual([true, false]);
});

test("a viewer signs out", async () => {
  const cookie = cookieOf(await dashboard.signIn(VIEWER));
  expect((await dashboard.ask("POST", "/sign-out", { ...cookie, ...OWN_PAGE })).status).toBe(303);
  expect((await dashboard.ask("GET", "/api/queues", cookie)).status).toBe(401);
});

test("an operator's changes from our own page are made", async () => {
  await dashboard.ask("PUT", `/api/queues/${QUEUE}/pause`, { ...operator, ...OWN_PAGE });
  expect(await dashboard.queue.isPaused()).toBe(true);
  await dashboard.ask("PUT", `/api/queues/${QUEUE}/resume`, { ...operator, Origin: dashboard.base });
  expect(await dashboard.queue.isPaused()).toBe(false);
});
