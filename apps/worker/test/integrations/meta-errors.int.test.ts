import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "@millrace/testing";
import { openMetaHarness, UNASSIGNED_PAGE } from "./meta-harness.ts";

let delivery: Awaited<ReturnType<typeof openMetaHarness>>;

beforeAll(async () => {
  delivery = await openMetaHarness();
});

afterAll(() => delivery.close());

test("a lead of an unassigned page becomes a dead letter without a call, and succeeds once the page is assigned", async () => {
  const id = await delivery.enqueueLead(UNASSIGNED_PAGE, "5901");
  await delivery.ended(id, "dead");
  expect(await delivery.deadLetters(id)).toMatchObject([
    { errorKind: "permanent", error: `no tenant owns page ${UNASSIGNED_PAGE}`, attempts: 1, state: "dead" },
  ]);
  expect(await delivery.callsFor("5901")).toEqual([]);
  await delivery.assignPage(UNASSIGNED_PAGE, "Studio");
  expect(await delivery.process(delivery.leadEvent(UNASSIGNED_PAGE, "5901"))).toMatchObject({ result: "written" });
  expect(await delivery.deadLetters(id)).toMatchObject([{ state: "resolved" }]);
});

test.each([
  ["transient", 3],
  ["http_500", 2],
  ["malformed", 2],
])("a lead gets through %s", async (fault, times) => {
  const lead = `16${fault.length}${times}`;
  await delivery.injectFault(fault, { leadgenId: lead, times });
  expect(await delivery.ended(await delivery.enqueueLead("16", lead), "done")).toMatchObject({ result: "written" });
  expect(await delivery.callsFor(lead)).toHaveLength(times + 1);
});

test("an error that persists uses all attempts, and the lead becomes a dead letter", async () => {
  await delivery.injectFault("transient", { leadgenId: "1699", times: 50 });
  const id = await delivery.enqueueLead("16", "1699");
  await delivery.ended(id, "dead");
  expect(await delivery.deadLetters(id)).toMatchObject([
    { errorKind: "retryable", error: expect.stringMatching(/^Meta has trouble \(Graph error 2, trace /), attempts: 8 },
  ]);
});

test("a rate-limited page waits as long as Meta asks, and other pages go on", async () => {
  await delivery.injectFault("throttle", { leadgenId: "1701" });
  const id = await delivery.enqueueLead("17", "1701");
  const pause = await until("the page is rate limited", () => delivery.pause("meta:page:17"));
  expect(pause).toMatchObject({ kind: "rate_limited", reason: expect.stringContaining("Graph error 80005") });
  const waitMs = pause.until.getTime() - Date.now();
  expect(waitMs).toBeGreaterThan(50_000);
  expect(waitMs).toBeLessThanOrEqual(60_000);
  await delivery.enqueueLead("17", "1702");
  await delivery.ended(await delivery.enqueueLead("18", "1801"), "done");
  expect(await delivery.eventRow(id)).toBeUndefined();
  expect(await delivery.callsFor("1702")).toEqual([]);
});

test.each([
  ["20", "expired_token", "the page's access token is not valid (Graph error 190/463"],
  ["21", "permission", "Meta forbids reading the page's leads (Graph error 200"],
  ["22", "policy_block", "Meta forbids reading the page's leads (Graph error 368"],
])("a page (%s) with %s is paused with one alert and goes on by itself", async (page, fault, reason) => {
  await delivery.injectFault(fault, { times: 100 });
  const id = await delivery.enqueueLead(page, `${page}01`);
  const scope = `meta:page:${page}`;
  expect(await until("the page is paused", () => delivery.pause(scope))).toMatchObject({
    kind: "paused",
    reason: expect.stringContaining(reason),
  });
  await delivery.enqueueLead(page, `${page}02`);
  await until("Meta was called again", async () => (await delivery.callsFor(`${page}01`)).length > 2);
  await delivery.clearFaults();
  await Promise.all([delivery.ended(id, "done"), delivery.ended(`lead.${page}.${page}02`, "done")]);
  await until("the page is resumed", async () => (await delivery.pause(scope)) === undefined);
  const alerts = delivery.log.lines().filter((line) => line["msg"] === "scope.paused" && line["scope"] === scope);
  expect(alerts).toMatchObject([{ level: "error", alert: true }]);
  expect(await delivery.deadLetters(id)).toEqual([]);
});

test("a page without a token of its own is paused before any call", async () => {
  const variables = { META_PAGE_ACCESS_TOKEN: "51=sandbox" };
  await expect(delivery.process(delivery.leadEvent("23", "2301"), { variables })).rejects.toMatchObject({
    message: "META_PAGE_ACCESS_TOKEN has no token for page 23",
    next: { kind: "paused", scope: "meta:page:23" },
  });
  expect(await delivery.callsFor("2301")).toEqual([]);
});

test("a new lead that cannot be read yet waits alone", async () => {
  await delivery.injectFault("missing", { leadgenId: "2401" });
  const id = await delivery.enqueueLead("24", "2401");
  expect(await until("the lead is rate limited", () => delivery.pause("meta:lead:2401"))).toMatchObject({
    kind: "rate_limited",
  });
  await delivery.ended(await delivery.enqueueLead("24", "2402"), "done");
  expect(await delivery.pause("meta:page:24")).toBeUndefined();
  await delivery.ended(id, "done");
  expect(await delivery.callsFor("2401")).toHaveLength(2);
});

test("a lead that stays missing is paused alone, and resumes once it can be read", async () => {
  await delivery.injectFault("missing", { leadgenId: "2501", times: 100 });
  const id = await delivery.enqueueLead("25", "2501", new Date(Date.now() - 11 * 60_000));
  expect(await until("the lead is paused", () => delivery.pause("meta:lead:2501"))).toMatchObject({ kind: "paused" });
  await delivery.ended(await delivery.enqueueLead("25", "2502"), "done");
  await delivery.clearFaults();
  await delivery.ended(id, "done");
  await until("the lead is resumed", async () => (await delivery.pause("meta:lead:2501")) === undefined);
});

test.each([
  ["2601", "Meta refuses the request (Graph error 100"],
  ["lead-of-nobody", "Meta refuses the request (Graph error 803"],
])("a request that Meta refuses for good (%s) is dead at once", async (lead, error) => {
  // Twice: the second time with the basic fields.
  await delivery.injectFault("bad_request", { leadgenId: "2601", times: 2 });
  const id = await delivery.enqueueLead("26", lead);
  await delivery.ended(id, "dead");
  expect(await delivery.deadLetters(id)).toMatchObject([
    { errorKind: "permanent", error: expect.stringContaining(error), attempts: 1 },
  ]);
  await delivery.clearFaults();
});

test("a call without an answer ends at its deadline and writes no row", async () => {
  await delivery.injectFault("timeout", { leadgenId: "2701" });
  await expect(
    delivery.process(delivery.leadEvent("27", "2701"), { signal: AbortSignal.timeout(200) }),
  ).rejects.toMatchObject({
    name: "TimeoutError",
  });
  expect(await delivery.lead("2701")).toBeUndefined();
  expect(await delivery.process(delivery.leadEvent("27", "2701"))).toMatchObject({ result: "written" });
});
