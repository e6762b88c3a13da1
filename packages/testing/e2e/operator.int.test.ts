import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { findChromium, openRows, until, useTestDatabase } from "../src/index.ts";
import { freePort } from "../src/servers/index.ts";
import { assignAccount } from "./assign-account.ts";
import { startBrowser } from "./browser.ts";
import { millrace } from "../src/command.ts";
import { type AppProcess, startApp } from "./processes.ts";
import { deliverLead, secrets } from "./simulated-platform.ts";

const PASSWORD = "correct-horse-battery";

/** The Facebook page that no tenant owns. */
const PAGE_ID = "300000000000009";

describe.runIf(findChromium())("an operator in a browser", () => {
  const database = useTestDatabase();
  const rows = openRows(database.url);
  let apps: Promise<AppProcess>[] = [];
  let browser: Browser;
  let page: Page;
  let dashboardUrl: string;
  let ingestUrl: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    const [sandboxPort, ingestPort, dashboardPort] = [await freePort(), await freePort(), await freePort()];
    environment = {
      ...secrets,
      DATABASE_URL: database.url,
      DASHBOARD_PASSWORD: PASSWORD,
      LOG_LEVEL: "warn",
      SANDBOX_PORT: String(sandboxPort),
      INGEST_PORT: String(ingestPort),
      DASHBOARD_PORT: String(dashboardPort),
      GRAPH_BASE_URL: `http://127.0.0.1:${sandboxPort}/graph/v26.0`,
    };
    ingestUrl = `http://127.0.0.1:${ingestPort}`;
    dashboardUrl = `http://127.0.0.1:${dashboardPort}`;
    apps = (["sandbox", "ingest", "worker", "dashboard"] as const).map((name) => startApp(name, environment));
    browser = await startBrowser();
    await Promise.all(apps);
  });
  afterAll(async () => {
    await browser?.close();
    for (const app of await Promise.allSettled(apps)) if (app.status === "fulfilled") await app.value.kill();
    await rows.close();
  });
  afterEach(async () => {
    await page?.context().close();
    await rows.rows(
      "truncate millrace.dead_letters, millrace.webhook_events, millrace.replays, millrace.audit_log, millrace.provider_accounts, leads cascade",
    );
  });

  async function openPage(viewport = { width: 1280, height: 900 }): Promise<void> {
    const context = await browser.newContext({ viewport });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
  }
  async function submitSignIn(user: string, password: string): Promise<void> {
    await page.goto(dashboardUrl);
    await page.getByLabel("Username").fill(user);
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
  }
  async function signIn(user = "operator", password = PASSWORD): Promise<void> {
    await submitSignIn(user, password);
    await page.waitForURL(`${dashboardUrl}/`);
  }
  /** Delivers leads of a page that no tenant owns, and waits until they are dead letters. */
  async function createDeadLetters(count: number): Promise<void> {
    for (let index = 0; index < count; index++)
      expect(await deliverLead(ingestUrl, PAGE_ID, `${Date.now()}0${index}`)).toBe(true);
    await waitForDeadLetters(count);
  }
  const waitForDeadLetters = (count: number) =>
    until(
      "the leads are dead letters",
      async () => (await states()).filter((state) => state === "dead").length === count,
    );
  const states = async () =>
    (await rows.rows<{ state: string }>("select state from millrace.dead_letters order by id")).map(
      ({ state }) => state,
    );

  test("sees why a lead failed, assigns its page to a tenant, replays it, and finds both changes in the audit log", async () => {
    await createDeadLetters(1);
    await openPage();
    await submitSignIn("operator", "wrong");
    expect(await page.getByRole("alert").textContent()).toContain("wrong");
    await signIn();
    await page.getByRole("link", { name: "dead-letters" }).first().click();
    await page.getByText(`no tenant owns page ${PAGE_ID}`).first().waitFor();

    await page.goto(`${dashboardUrl}/accounts`);
    await page.getByLabel("Provider").selectOption("meta");
    await page.getByLabel("External id").fill(PAGE_ID);
    await page.getByLabel("Tenant").fill("Mill");
    await page.getByLabel("Reason").fill("Ada owns it");
    await page.keyboard.press("Enter");
    await page.getByRole("cell", { name: "Mill", exact: true }).waitFor();

    await page.goto(`${dashboardUrl}/queue/dead-letters?status=failed`);
    await page.locator('ul[class^="jobActions"] button:has(.lucide-refresh-cw)').click();
    await page.getByRole("button", { name: "Confirm" }).click();
    await until("the lead is a row", async () => (await rows.rows("select 1 from leads")).length === 1);
    expect(await states()).toEqual(["resolved"]);

    await page.goto(`${dashboardUrl}/audit`);
    for (const text of ["account.assigned", "Ada owns it", "dead_letters.replayed"])
      await page.getByText(text).first().waitFor();
  });

  test("previews and replays many dead letters, and the replay stops by itself when the first fails again", async () => {
    await createDeadLetters(3);
    await openPage();
    await signIn();
    await page.goto(`${dashboardUrl}/replays`);
    await page.getByLabel("Error contains").fill("no tenant owns");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("heading", { name: "3 dead letters" }).waitFor();
    await page.getByRole("button", { name: "Replay 3 jobs" }).click();
    await page.getByText("stopped: 1 of the last 1").waitFor();
    expect(await states()).toEqual(["dead", "dead", "dead"]);
    await assignAccount(rows, "meta", PAGE_ID);
    await page.goto(`${dashboardUrl}/replays?preview=1`);
    await page.getByRole("button", { name: "Replay 3 jobs" }).click();
    await page.getByText("3 resolved, 0 failed again").waitFor();
    expect(await rows.rows("select 1 from leads")).toHaveLength(3);
  });

  test("does the same with the command line", async () => {
    await millrace(["send", "meta-leads", "broken-page"], environment);
    await waitForDeadLetters(1);
    const listed = JSON.parse(await millrace(["dead-letters", "list", "--json"], environment));
    expect(listed).toMatchObject({ deadLetters: [{ error: `no tenant owns page ${PAGE_ID}` }] });
    await millrace(["accounts", "add", "Mill", "meta", PAGE_ID], environment);
    const preview = JSON.parse(await millrace(["dead-letters", "replay", "--all", "--dry-run", "--json"], environment));
    expect(preview).toMatchObject({ dryRun: true, count: 1, countsByError: [{ queue: "meta-inbound", count: 1 }] });
    const [{ id }] = listed.deadLetters;
    const replayed = await millrace(["dead-letters", "replay", id, "--reason", "mended", "--json"], environment);
    expect(JSON.parse(replayed)).toMatchObject({ replay: { state: "done", progress: { resolved: 1 } } });
    expect(await rows.rows("select reason from millrace.audit_log where action = 'dead_letters.replayed'")).toEqual([
      { reason: "mended" },
    ]);
    expect(JSON.parse(await millrace(["dead-letters", "show", id, "--json"], environment))).toMatchObject({
      state: "resolved",
    });
  });

  test("needs only a phone screen and a keyboard", async () => {
    await createDeadLetters(1);
    await openPage({ width: 390, height: 800 });
    await page.goto(dashboardUrl);
    // The page moves the focus to the name once it is loaded. Keys that are pressed before would be lost.
    await page.locator("[name=user]:focus").waitFor();
    await page.keyboard.type("operator");
    await page.keyboard.press("Tab");
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${dashboardUrl}/`);
    for (const path of ["/replays?preview=1", "/pauses", "/conversions", "/accounts", "/audit"]) {
      await page.goto(`${dashboardUrl}${path}`);
      const overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
      expect(overflow, path).toBeLessThanOrEqual(0);
    }
    await page.goto(`${dashboardUrl}/queue/dead-letters?status=failed`);
    await page.locator('ul[class^="jobActions"] button:has(.lucide-trash-2)').first().waitFor();
    await page.goto(`${dashboardUrl}/replays?preview=1`);
    const replay = page.getByRole("button", { name: "Replay 1 job" });
    for (let steps = 0; steps < 40 && !(await replay.evaluate((button) => button.matches(":focus"))); steps++)
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("0 resolved, 1 failed again").waitFor();
  });

  test("with the role viewer sees the same pages without a button that changes anything", async () => {
    await createDeadLetters(1);
    await openPage();
    await signIn();
    await page.goto(`${dashboardUrl}/queue/dead-letters?status=failed`);
    await page.locator('ul[class^="jobActions"] button').first().waitFor();
    await page.context().clearCookies();
    await millrace(["operators", "add", "ada", "--role", "viewer"], environment, "a-viewers-password\n");
    await signIn("ada", "a-viewers-password");
    await page.goto(`${dashboardUrl}/queue/dead-letters?status=failed`);
    await page.getByText("no tenant owns page").first().waitFor();
    expect(await page.locator('ul[class^="jobActions"] button:visible').count()).toBe(0);
    await page.goto(`${dashboardUrl}/replays?preview=1`);
    expect(await page.getByRole("button", { name: /^Replay|^Discard/ }).count()).toBe(0);
    await page.goto(`${dashboardUrl}/accounts`);
    expect(await page.getByRole("button", { name: "Assign" }).count()).toBe(0);
  });
});
