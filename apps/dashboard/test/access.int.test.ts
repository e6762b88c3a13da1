import { defaultQueueStore, useTestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { basic, type DashboardServer, openDashboard, OPERATOR, QUEUE } from "./dashboard-server.ts";

const store = defaultQueueStore();
const database = useTestDatabase();
let dashboard: DashboardServer;

beforeEach(async () => {
  dashboard = await openDashboard(await store.url(database.url), database.url);
});
afterEach(() => dashboard.close());

describe("authentication:", () => {
  test.each(["/", "/api/queues", `/api/queues/${QUEUE}/1`, "/static/favicon.ico", "/no/such/page"])(
    "a request without a sign-in receives 401 and no data: %s",
    async (path) => {
      const response = await dashboard.request("GET", path, {});
      expect(response.status).toBe(401);
      // With this header, browsers would prompt for the password and add it to requests of other sites.
      expect(response.headers.get("www-authenticate")).toBeNull();
      expect(await response.json()).toEqual({ type: "about:blank", title: "Sign in", status: 401, error: "Sign in" });
    },
  );

  test.each([
    { ...OPERATOR, password: "wrong" },
    { ...OPERATOR, user: "wrong" },
    { ...OPERATOR, password: "" },
    { user: "", password: "" },
  ])("user and password must both be right: $user:$password is rejected", async (credentials) => {
    expect((await dashboard.request("GET", "/api/queues", basic(credentials))).status).toBe(401);
  });

  test.each(["Basic", "Basic %%%", "Bearer grace", `Basic ${Buffer.from("grace").toString("base64")}`])(
    "a header without user and password receives 401 and counts as no attempt: %s",
    async (header) => {
      for (let index = 0; index < 12; index++)
        expect((await dashboard.request("GET", "/api/queues", { Authorization: header })).status).toBe(401);
      expect((await dashboard.request("GET", "/api/queues")).status).toBe(200);
    },
  );

  test("after ten wrong passwords an address is blocked for the rest of the minute, also with the right one", async () => {
    const wrong = basic({ ...OPERATOR, password: "wrong" });
    for (let index = 0; index < 10; index++) expect((await dashboard.request("GET", "/", wrong)).status).toBe(401);
    dashboard.advance(15_000);
    const throttled = await dashboard.request("GET", "/");
    expect(throttled.status).toBe(429);
    expect(throttled.headers.get("retry-after")).toBe("45");
    dashboard.advance(45_000);
    expect((await dashboard.request("GET", "/")).status).toBe(200);
    expect(dashboard.logged.text()).not.toContain("wrong");
  });

  test("a request without a password counts as no attempt", async () => {
    for (let index = 0; index < 20; index++) await dashboard.request("GET", "/", {});
    expect((await dashboard.request("GET", "/")).status).toBe(200);
  });

  test("liveness and readiness are public", async () => {
    expect(await (await dashboard.request("GET", "/livez", {})).json()).toEqual({ status: "alive" });
    expect(await (await dashboard.request("GET", "/readyz", {})).json()).toEqual({ status: "ready" });
  });
});

describe("cross-site requests:", () => {
  test.each([
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site", Origin: "http://other.example" },
    { Origin: "http://evil.example" },
    { Origin: "null" },
  ])("a change that a page of another site triggers is rejected: %j", async (headers) => {
    const response = await dashboard.request("PUT", `/api/queues/${QUEUE}/pause`, { ...basic(OPERATOR), ...headers });
    expect(response.status).toBe(403);
    expect(await dashboard.queue.isPaused()).toBe(false);
  });

  test("a change that the dashboard's own page sends is made", async () => {
    await dashboard.request("PUT", `/api/queues/${QUEUE}/pause`, {
      ...basic(OPERATOR),
      "Sec-Fetch-Site": "same-origin",
    });
    expect(await dashboard.queue.isPaused()).toBe(true);
    await dashboard.request("PUT", `/api/queues/${QUEUE}/resume`, { ...basic(OPERATOR), Origin: dashboard.base });
    expect(await dashboard.queue.isPaused()).toBe(false);
  });

  test("the page loads no resource of another host, and cannot be framed or cached", async () => {
    const page = await dashboard.request("GET", "/");
    expect(await page.text()).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(Object.fromEntries(page.headers)).toMatchObject({
      "content-security-policy": expect.stringMatching(
        /^default-src 'none'; script-src 'self';.* form-action 'self'; frame-ancestors 'none'$/,
      ),
      "x-frame-options": "DENY",
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
      "cache-control": "no-store",
    });
    expect((await dashboard.request("GET", "/api/queues")).headers.get("cache-control")).toBe("no-store");
  });
});
