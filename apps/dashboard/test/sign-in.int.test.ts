import { uuidv7 } from "@millrace/core";
import { createOperators } from "@millrace/db";
import { useTestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cookieOf, type DashboardServer, openDashboard, OPERATOR, OWN_PAGE, setOperator } from "./dashboard-server.ts";

const HOUR = 3_600_000;
const ADA = { user: "ada", password: "a pass phrase of hers" };

const database = useTestDatabase();
let dashboard: DashboardServer;

beforeEach(async () => {
  dashboard = await openDashboard(database.url, database.url);
});
afterEach(() => dashboard.close());

const signedIn = async (credentials: typeof OPERATOR) => cookieOf(await dashboard.signIn(credentials));
const statusFor = async (cookie: Record<string, string>) =>
  (await dashboard.request("GET", "/api/queues", cookie)).status;

describe("the sign-in page:", () => {
  const browser = { Accept: "text/html,application/xhtml+xml" };

  test("a page without a session redirects to the sign-in, which leads back to it", async () => {
    const redirect = await dashboard.request("GET", "/queue/test-inbound?status=failed", browser);
    expect(redirect.status).toBe(303);
    const location = redirect.headers.get("location") ?? "";
    expect(location).toBe("/sign-in?next=%2Fqueue%2Ftest-inbound%3Fstatus%3Dfailed");
    const page = await (await dashboard.request("GET", location, browser)).text();
    expect(page).toContain('name="next" value="/queue/test-inbound?status=failed"');
    for (const attribute of ['autocomplete="username"', 'autocomplete="current-password"', 'lang="en"', "viewport"])
      expect(page).toContain(attribute);
    const opened = await dashboard.signIn({ ...OPERATOR, next: "/queue/test-inbound?status=failed" });
    expect([opened.status, opened.headers.get("location")]).toEqual([303, "/queue/test-inbound?status=failed"]);
  });

  test("the API and changes receive 401 instead of a redirect", async () => {
    expect((await dashboard.request("GET", "/api/queues", browser)).status).toBe(401);
    expect((await dashboard.request("PUT", "/", browser)).status).toBe(401);
  });

  test.each(["//evil.example", "https://evil.example/", "/\\evil.example", "/.//evil.example"])(
    "the sign-in does not redirect to another host: %s",
    async (next) => {
      const page = await (await dashboard.request("GET", `/sign-in?next=${encodeURIComponent(next)}`, {})).text();
      expect(page).toContain('name="next" value="/"');
      expect((await dashboard.signIn({ ...OPERATOR, next })).headers.get("location")).toBe("/");
    },
  );

  test("after a wrong password the page shows the username as text, without the password", async () => {
    const response = await dashboard.signIn({ user: '"><script>alert(1)</script>', password: "wrong-and-secret" });
    expect(response.status).toBe(401);
    const page = await response.text();
    expect(page).toContain("The username or the password is wrong.");
    expect(page).not.toContain("<script>");
    expect(page).not.toContain("wrong-and-secret");
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  test.each([{}, { "Sec-Fetch-Site": "cross-site" }, { Origin: "http://evil.example" }, { Origin: "null" }])(
    "a page of another site cannot sign a person in: %j",
    async (headers: Record<string, string>) => {
      const response = await dashboard.signIn(OPERATOR, headers);
      expect(response.status).toBe(403);
      expect(response.headers.getSetCookie()).toEqual([]);
    },
  );

  test("a browser without Sec-Fetch-Site can sign in with a matching Origin", async () => {
    expect((await dashboard.signIn(OPERATOR, { Origin: dashboard.base })).status).toBe(303);
  });
});

describe("a session:", () => {
  test("its cookie is for this host only, hidden from scripts, and TLS-only when that is configured", async () => {
    const [cookie] = (await dashboard.signIn(OPERATOR)).headers.getSetCookie();
    expect(cookie).toMatch(/^millrace=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/);
    const secure = await openDashboard(database.url, database.url, { secureCookies: true });
    const response = await secure.signIn(OPERATOR);
    expect(response.headers.getSetCookie()[0]).toMatch(
      /^__Host-millrace=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect((await secure.request("GET", "/api/queues", cookieOf(response))).status).toBe(200);
    await secure.close();
  });

  test("each sign-in creates a new token and ends the session of the earlier one", async () => {
    const planted = { Cookie: "millrace=planted" };
    const opened = cookieOf(await dashboard.signIn(OPERATOR, { ...OWN_PAGE, ...planted }));
    expect(await statusFor(planted)).toBe(401);
    const again = cookieOf(await dashboard.signIn(OPERATOR, { ...OWN_PAGE, ...opened }));
    expect(again).not.toEqual(opened);
    expect([await statusFor(opened), await statusFor(again)]).toEqual([401, 200]);
  });

  test("it ends twelve hours after its last use", async () => {
    const cookie = await signedIn(OPERATOR);
    for (let index = 0; index < 2; index++) {
      dashboard.advance(12 * HOUR - 1);
      expect(await statusFor(cookie)).toBe(200);
    }
    dashboard.advance(12 * HOUR);
    expect(await statusFor(cookie)).toBe(401);
  });

  test("it ends after a week, also when it is in use", async () => {
    const cookie = await signedIn(OPERATOR);
    for (let hours = 0; hours < 7 * 24 - 8; hours += 8) {
      dashboard.advance(8 * HOUR);
      expect(await statusFor(cookie)).toBe(200);
    }
    dashboard.advance(8 * HOUR);
    expect(await statusFor(cookie)).toBe(401);
  });

  test("it ends at the sign-out, which only the own page can send", async () => {
    const cookie = await signedIn(OPERATOR);
    expect((await dashboard.request("POST", "/sign-out", {})).status).toBe(401);
    for (const headers of [{}, { "Sec-Fetch-Site": "cross-site" }])
      expect((await dashboard.request("POST", "/sign-out", { ...cookie, ...headers } as never)).status).toBe(403);
    expect(await statusFor(cookie)).toBe(200);
    const response = await dashboard.request("POST", "/sign-out", { ...cookie, ...OWN_PAGE });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/sign-in"]);
    expect(response.headers.getSetCookie()[0]).toMatch(/^millrace=; Max-Age=0; Path=\//);
    expect(await statusFor(cookie)).toBe(401);
  });

  test("it ends when its operator is removed, and with a new password in the table or the environment", async () => {
    await setOperator(dashboard, { ...ADA, role: "operator" });
    const [removed, changed] = [await signedIn(ADA), await signedIn({ ...OPERATOR })];
    expect([await statusFor(removed), await statusFor(changed)]).toEqual([200, 200]);
    await createOperators(dashboard.database, uuidv7).remove(ADA.user, { actor: "test" });
    expect([await statusFor(removed), await statusFor(changed)]).toEqual([401, 200]);

    await setOperator(dashboard, { ...ADA, role: "operator" });
    const old = await signedIn(ADA);
    await setOperator(dashboard, { ...ADA, password: "another pass phrase", role: "operator" });
    expect(await statusFor(old)).toBe(401);
    expect(await statusFor(await signedIn({ ...ADA, password: "another pass phrase" }))).toBe(200);
    expect((await dashboard.signIn(ADA)).status).toBe(401);

    const access = { builtIn: { ...OPERATOR, password: "a new one for all" } };
    const restarted = await openDashboard(database.url, database.url, access);
    expect((await restarted.request("GET", "/api/queues", changed)).status).toBe(401);
    await restarted.close();
  });

  test.each(["Bearer of-a-proxy", `Basic ${Buffer.from("proxy:its password").toString("base64")}`])(
    "it stays valid beside a header for a proxy in front: %s",
    async (Authorization) => {
      const cookie = await signedIn(OPERATOR);
      for (let index = 0; index < 12; index++) expect(await statusFor({ ...cookie, Authorization })).toBe(200);
      expect((await dashboard.signIn(OPERATOR)).status).toBe(303);
    },
  );

  test("neither the tables nor the log contain a token or a password", async () => {
    await setOperator(dashboard, { ...ADA, role: "viewer" });
    const cookies = [await signedIn(ADA), await signedIn(OPERATOR)];
    await dashboard.signIn({ ...ADA, password: "nearly her phrase" });
    const rows = await dashboard.database.orm.query.operatorSessions.findMany();
    const stored = JSON.stringify([rows, await dashboard.database.orm.query.operators.findMany()]);
    for (const secret of [...cookies.map(({ Cookie }) => Cookie.slice(9)), ADA.password, OPERATOR.password]) {
      expect(secret.length).toBeGreaterThan(10);
      expect(stored).not.toContain(secret);
      expect(dashboard.logged.text()).not.toContain(secret);
    }
    expect(dashboard.logged.text()).not.toContain("nearly her phrase");
  });
});

describe("wrong passwords:", () => {
  test("concurrent guesses reveal no more than ten consecutive ones", async () => {
    const guesses = Array.from({ length: 30 }, (_, index) =>
      dashboard.signIn({ ...OPERATOR, password: index === 29 ? OPERATOR.password : `guess ${index}` }),
    );
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(10);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(19);
  });
});
