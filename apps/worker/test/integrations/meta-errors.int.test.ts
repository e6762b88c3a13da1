import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "@millrace/testing";
import { openMetaHarness, UNASSIGNED_PAGE } from "./meta-harness.ts";

let harness: Awaited<ReturnType<typeof openMetaHarness>>;

beforeAll(async () => {
  harness = await openMetaHarness();
});

afterAll(() => harness.close());

test("a lead of an unassigned page becomes a dead letter without a call, and succeeds once the page is assigned", async () => {
  const id = await harness.enqueueLead(UNASSIGNED_PAGE, "5901");
  await harness.ended(id, "dead");
  expect(await harness.deadLetters(id)).toMatchObject([
    { errorKind: "permanent", error: `no tenant owns page ${UNASSIGNED_PAGE}`, attempts: 1, state: "dead" },
  ]);
  expect(await harness.callsFor("5901")).toEqual([]);
  await harness.assignPage(UNASSIGNED_PAGE, "Studio");
  expect(await harness.process(harness.leadEvent(UNASSIGNED_PAGE, "5901"))).toMatchObject({ result: "written" });
  expect(await harness.deadLetters(id)).toMatchObject([{ state: "resolved" }]);
});

test.each([
  ["transient", 3],
  ["http_500", 2],
  ["malformed", 2],
])("a lead is written after the fault %s", async (fault, times) => {
  const lead = `16${fault.length}${times}`;
  await harness.injectFault(fault, { leadgenId: lead, times });
  expect(await harness.ended(await harness.enqueueLead("16", lead), "done")).toMatchObject({ result: "written" });
  expect(await harness.callsFor(lead)).toHaveLength(times + 1);
});

test("an error that persists uses all attempts, and the lead becomes a dead letter", async () => {
  await harness.injectFault("malformed", { leadgenId: "1699", times: 50 });
  const id = await harness.enqueueLead("16", "1699");
  await harness.ended(id, "dead");
  expect(await harness.deadLetters(id)).toMatchObject([
    {
      errorKind: "retryable",
      error: "Meta's response contains no lead",
      attempts: 8,
    },
  ]);
});

test("a rate-limited page waits as long as Meta asks, and other pages continue", async () => {
  await harness.injectFault("throttle", { leadgenId: "1701" });
  const id = await harness.enqueueLead("17", "1701");
  const pause = await until("the page is rate limited", () => harness.pause("meta:page:17"));
  expect(pause).toMatchObject({ kind: "rate_limited", reason: expect.stringContaining("Graph error 80005") });
  const waitMs = pause.until.getTime() - Date.now();
  expect(waitMs).toBeGreaterThan(50_000);
  expect(waitMs).toBeLessThanOrEqual(60_000);
  await harness.enqueueLead("17", "1702");
  await harness.ended(await harness.enqueueLead("18", "1801"), "done");
  expect(await harness.eventRow(id)).toBeUndefined();
  expect(await harness.callsFor("1702")).toEqual([]);
});

test.each([
  ["20", "expired_token", "the page's access token is not valid (Graph error 190/463"],
  ["21", "permission", "Meta forbids reading the page's leads (Graph error 200"],
  ["22", "policy_block", "Meta forbids reading the page's leads (Graph error 368"],
])("a page (%s) with %s is paused with one alert and resumes by itself", async (page, fault, reason) => {
  await harness.injectFault(fault, { times: 100 });
  const id = await harness.enqueueLead(page, `${page}01`);
  const scope = `meta:page:${page}`;
  expect(await until("the page is paused", () => harness.pause(scope))).toMatchObject({
    kind: "paused",
    reason: expect.stringContaining(reason),
  });
  await harness.enqueueLead(page, `${page}02`);
  await until("Meta was called again", async () => (await harness.callsFor(`${page}01`)).length > 2);
  await harness.clearFaults();
  await Promise.all([harness.ended(id, "done"), harness.ended(`lead.${page}.${page}02`, "done")]);
  await until("the page is resumed", async () => (await harness.pause(scope)) === undefined);
  const alerts = harness.log.lines().filter((line) => line["msg"] === "scope.paused" && line["scope"] === scope);
  expect(alerts).toMatchObject([{ level: "error", alert: true }]);
  expect(await harness.deadLetters(id)).toEqual([]);
});

test("a page without a token of its own is paused before any call", async () => {
  const variables = { META_PAGE_ACCESS_TOKEN: "51=sandbox" };
  await expect(harness.process(harness.leadEvent("23", "2301"), { variables })).rejects.toMatchObject({
    message: "META_PAGE_ACCESS_TOKEN has no token for page 23",
    next: { kind: "paused", scope: "meta:page:23" },
  });
  expect(await harness.callsFor("2301")).toEqual([]);
});

test("a new lead that cannot be read yet waits alone", async () => {
  await harness.injectFault("missing", { leadgenId: "2401" });
  const id = await harness.enqueueLead("24", "2401");
  expect(await until("the lead is rate limited", () => harness.pause("meta:lead:2401"))).toMatchObject({
    kind: "rate_limited",
  });
  await harness.ended(await harness.enqueueLead("24", "2402"), "done");
  expect(await harness.pause("meta:page:24")).toBeUndefined();
  await harness.ended(id, "done");
  expect(await harness.callsFor("2401")).toHaveLength(2);
});

test("a lead that stays missing is paused alone, and resumes once it can be read", async () => {
  await harness.injectFault("missing", { leadgenId: "2501", times: 100 });
  const id = await harness.enqueueLead("25", "2501", new Date(Date.now() - 11 * 60_000));
  expect(await until("the lead is paused", () => harness.pause("meta:lead:2501"))).toMatchObject({ kind: "paused" });
  await harness.ended(await harness.enqueueLead("25", "2502"), "done");
  await harness.clearFaults();
  await harness.ended(id, "done");
  await until("the lead is resumed", async () => (await harness.pause("meta:lead:2501")) === undefined);
});

test.each([
  ["2601", "Meta rejects the request (Graph error 100"],
  ["unknown-lead", "Meta rejects the request (Graph error 803"],
])("a request that Meta rejects permanently (%s) becomes a dead letter at once", async (lead, error) => {
  // Twice: the second time with the basic fields.
  await harness.injectFault("bad_request", { leadgenId: "2601", times: 2 });
  const id = await harness.enqueueLead("26", lead);
  await harness.ended(id, "dead");
  expect(await harness.deadLetters(id)).toMatchObject([
    { errorKind: "permanent", error: expect.stringContaining(error), attempts: 1 },
  ]);
  await harness.clearFaults();
});

test("a call without an answer ends at its deadline and writes no row", async () => {
  await harness.injectFault("timeout", { leadgenId: "2701" });
  await expect(
    harness.process(harness.leadEvent("27", "2701"), { signal: AbortSignal.timeout(200) }),
  ).rejects.toMatchObject({
    name: "TimeoutError",
  });
  expect(await harness.lead("2701")).toBeUndefined();
  expect(await harness.process(harness.leadEvent("27", "2701"))).toMatchObject({ result: "written" });
});
