import { afterAll, beforeAll, expect, test } from "vitest";
import { CREATED_TIME, entry, leadgen, openMetaHarness, PAGE_TOKEN } from "./meta-harness.ts";

let harness: Awaited<ReturnType<typeof openMetaHarness>>;

beforeAll(async () => {
  harness = await openMetaHarness();
});

afterAll(() => harness.close());

test("3: a lead and its contact are written once, also when the webhook is redelivered in another batch", async () => {
  const [first, second] = [leadgen("11", "1101"), leadgen("11", "1102")];
  await harness.enqueue(harness.eventsOf([entry("11", first)]));
  await harness.ended("lead.11.1101", "done");
  await harness.enqueue(harness.eventsOf([entry("12", leadgen("12", "1201")), entry("11", second, first)]));
  await Promise.all(["lead.12.1201", "lead.11.1102"].map((id) => harness.ended(id, "done")));
  expect((await harness.leadsOf("11")).map(({ externalId }) => externalId).toSorted()).toEqual(["1101", "1102"]);
  const lead = await harness.lead("1101");
  const identities = await harness.identitiesOf(lead?.contactId ?? "");
  expect(Object.fromEntries(identities.map(({ channel, externalId }) => [channel, externalId]))).toEqual({
    email: lead?.email,
    phone: lead?.phone,
  });
});

test("a lead in the inbox is not fetched again, also after the queue removed its job", async () => {
  expect(await harness.process(harness.leadEvent("11", "1103"))).toMatchObject({ result: "written" });
  expect(await harness.process(harness.leadEvent("11", "1103"))).toMatchObject({ result: "duplicate" });
  expect(await harness.callsFor("1103")).toHaveLength(1);
});

test("a lead keeps its contact, every answer, every consent, the ad and the time", async () => {
  for (const id of ["1301", "1302", "1303", "1304"]) await harness.process(harness.leadEvent("13", id));
  const leads = await harness.leadsOf("13");
  const lead = leads.find(({ isOrganic }) => !isOrganic);
  expect(lead).toMatchObject({
    source: "Meta",
    pageId: "13",
    formId: expect.stringMatching(/^1203\d+$/),
    adId: expect.stringMatching(/^2385\d+$/),
    adName: "Autumn, video",
    adsetName: "People nearby",
    campaignName: "Autumn",
    platform: expect.stringMatching(/^(fb|ig)$/),
    isTest: false,
    fullName: expect.stringMatching(/^\S+ \S+$/),
    email: expect.stringMatching(/^[a-z.]+\.\d+@example\.com$/),
    phone: expect.stringMatching(/^999\d{11}$/),
    answers: expect.objectContaining({ when_may_we_call: [expect.any(String)], which_rooms: expect.any(Array) }),
    consents: { privacy: true, newsletter: expect.any(Boolean) },
    payload: expect.objectContaining({
      id: lead?.externalId,
      created_time: lead?.submittedAt.toISOString().replace(".000Z", "+0000"),
    }),
  });
  expect(await harness.contact(lead?.contactId ?? "")).toMatchObject({
    name: lead?.fullName,
    email: lead?.email,
    phone: lead?.phone,
  });
});

test("without permission for the ads, a lead is kept with all its answers", async () => {
  await harness.injectFault("ad_fields_permission", { leadgenId: "1401" });
  expect(await harness.process(harness.leadEvent("14", "1401"))).toMatchObject({
    result: "written",
    detail: "without_ad_fields",
  });
  const [whole, basic] = await harness.callsFor("1401");
  expect(whole).toContain("campaign_name");
  expect(basic).toBe("id,created_time,form_id,field_data,custom_disclaimer_responses");
  expect(await harness.lead("1401")).toMatchObject({
    adId: "81",
    adName: null,
    email: expect.any(String),
    consents: expect.objectContaining({ privacy: true }),
  });
});

test("an answer with characters that Postgres cannot store is kept without them", async () => {
  await harness.injectFault("odd_text", { leadgenId: "1402" });
  expect(await harness.process(harness.leadEvent("14", "1402"))).toMatchObject({ result: "written" });
  expect(await harness.lead("1402")).toMatchObject({
    fullName: "Ada \uFFFD\uFFFD",
    submittedAt: new Date(CREATED_TIME * 1000),
  });
});

test("the dashboard's test lead is ignored without a call", async () => {
  const value = { leadgen_id: "444444444444", page_id: "444444444444", form_id: "444444444444" };
  await harness.enqueue(harness.eventsOf([entry("0", { field: "leadgen", value })]));
  expect(await harness.ended("lead.444444444444.444444444444", "done")).toMatchObject({
    result: "ignored",
    detail: "ignored_test",
  });
  expect(await harness.callsFor("444444444444")).toEqual([]);
  expect(await harness.leadsOf("444444444444")).toEqual([]);
});

test("leads of the testing tool are marked, and their dummy answers merge no contacts", async () => {
  for (const id of ["999901", "999902"]) await harness.process(harness.leadEvent("15", id));
  const leads = await harness.leadsOf("15");
  expect(leads.map(({ isTest, email, phone }) => [isTest, email, phone])).toEqual([
    [true, null, null],
    [true, null, null],
  ]);
  expect(new Set(leads.map(({ contactId }) => contactId)).size).toBe(2);
  const identities = await harness.identitiesOf(leads[0]?.contactId ?? "");
  expect(identities).toMatchObject([{ channel: "meta", externalId: leads[0]?.externalId, stable: true }]);
});

test("11: other changes are unhandled, and an unreadable change becomes a dead letter with its reason", async () => {
  const events = harness.eventsOf([
    entry("28", { field: "feed", value: { item: "post" } }),
    { id: "28", time: CREATED_TIME, changed_fields: ["leadgen"] },
  ]);
  await harness.enqueue(events);
  expect(await harness.ended(events[0]?.id ?? "", "done")).toMatchObject({
    result: "unhandled",
    payload: { object: "page", accountId: "28", field: "feed", value: { item: "post" } },
  });
  await harness.ended(events[1]?.id ?? "", "dead");
  expect(await harness.deadLetters(events[1]?.id ?? "")).toMatchObject([
    { errorKind: "permanent", error: expect.stringContaining('"Include Values"'), attempts: 1 },
  ]);
});

test("log lines contain neither the access token nor the answers of a lead", async () => {
  const lead = await harness.lead("1101");
  expect(harness.log.text()).toContain(`"jobId":"lead.11.1101"`);
  for (const secret of [PAGE_TOKEN, lead?.email, lead?.phone, lead?.fullName])
    expect(harness.log.text()).not.toContain(secret);
});
