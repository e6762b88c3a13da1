import { appRoutes } from "@bull-board/api/dist/routes.js";
import { useTestDatabase } from "@millrace/testing";
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
  VIEWER,
} from "./dashboard-server.ts";

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

/** Changing routes of the own pages and of the API for scripts. */
const ownRoutes = [
  { method: "POST", path: "/replays" },
  { method: "POST", path: "/replays/:id/cancel" },
  { method: "POST", path: "/accounts" },
  { method: "POST", path: "/conversions/release" },
  { method: "POST", path: "/pauses" },
  { method: "POST", path: "/pauses/resume" },
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

const database = useTestDatabase();
let dashboard: DashboardServer;
let operator: { Cookie: string };
let viewer: { Cookie: string };

beforeAll(async () => {
  dashboard = await openDashboard(database.url, database.url);
  await setOperator(dashboard, { ...VIEWER, role: "viewer" });
  operator = cookieOf(await dashboard.signIn(OPERATOR));
  viewer = cookieOf(await dashboard.signIn(VIEWER));
  await dashboard.queue.add("message", {}, { jobId: "later", delay: 3_600_000 });
});
afterAll(() => dashboard.close());

describe.each(changing)("$method $path", ({ method, path }) => {
  const reject = async (headers: Record<string, string>) => {
    const response = await dashboard.request(method, path, headers);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await dashboard.queue.isPaused()).toBe(false);
    expect(await dashboard.queue.getJobState("later")).toBe("delayed");
    return { status: response.status, ...((await response.json()) as { title: string }) };
  };
  const NOT_FOR_VIEWERS = { status: 403, title: "A viewer cannot change anything" };
  const NOT_OWN_PAGE = { status: 403, title: "The request does not come from a page of the dashboard" };

  test("requires a sign-in", async () => expect(await reject(OWN_PAGE)).toMatchObject({ status: 401 }));

  test("is rejected for a viewer", async () => {
    expect(await reject({ ...viewer, ...OWN_PAGE })).toMatchObject(NOT_FOR_VIEWERS);
    expect(await reject(basic(VIEWER))).toMatchObject(NOT_FOR_VIEWERS);
  });

  test.each([
    {},
    { "Sec-Fetch-Site": "none" },
    { "Sec-Fetch-Site": "same-site", Origin: "http://other.example" },
    { "Sec-Fetch-Site": "cross-site" },
    { Origin: "http://evil.example" },
    { Origin: "null" },
  ])("is rejected with a cookie from another site: %j", async (headers) => {
    expect(await reject({ ...operator, ...headers } as never)).toMatchObject(NOT_OWN_PAGE);
  });
});

test("every changing route is covered, except those to sign in and out", () => {
  const board = appRoutes.api.flatMap(({ route }) => [route].flat());
  const covered = [...board, ...ownRoutes.map(({ path }) => path), "/sign-in", "/sign-out"];
  const changes = dashboard.routes.filter(({ method }) => !["GET", "ALL"].includes(method));
  expect(changes.length).toBeGreaterThan(20);
  expect(changes.filter(({ path }) => !covered.includes(path))).toEqual([]);
});

test.each([
  "/",
  "/audit",
  "/replays",
  "/accounts",
  "/conversions",
  "/pauses",
  "/api/dead-letters",
  "/sign-out",
  "/api/queues",
  `/api/queues/${QUEUE}/later`,
])("a viewer can open %s", async (path) => {
  for (const headers of [viewer, basic(VIEWER)])
    expect((await dashboard.request("GET", path, headers)).status).toBe(200);
  expect((await dashboard.request("HEAD", path, viewer)).status).toBe(200);
});

test("the board of a viewer has no buttons that change something", async () => {
  const hides = async (headers: Record<string, string>) =>
    (await (await dashboard.request("GET", "/", headers)).text()).includes("lucide-ellipsis-vertical");
  expect([await hides(viewer), await hides(operator)]).toEqual([true, false]);
});

test("a viewer can sign out", async () => {
  const cookie = cookieOf(await dashboard.signIn(VIEWER));
  expect((await dashboard.request("POST", "/sign-out", { ...cookie, ...OWN_PAGE })).status).toBe(303);
  expect((await dashboard.request("GET", "/api/queues", cookie)).status).toBe(401);
});

test("an operator's changes from the own page are made", async () => {
  await dashboard.request("PUT", `/api/queues/${QUEUE}/pause`, { ...operator, ...OWN_PAGE });
  expect(await dashboard.queue.isPaused()).toBe(true);
  await dashboard.request("PUT", `/api/queues/${QUEUE}/resume`, { ...operator, Origin: dashboard.base });
  expect(await dashboard.queue.isPaused()).toBe(false);
});
