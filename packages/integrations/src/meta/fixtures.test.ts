import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseMetaWebhook } from "./webhook.ts";

const folder = new URL("fixtures/", import.meta.url);
const read = (name: string) => parseMetaWebhook({ body: readFileSync(new URL(`${name}.json`, folder)) });

const page = "618803311470021";
const notification = { page_id: page, form_id: "1207733005512006", created_time: 1_793_613_702 };
const dashboardLead = "lead.444444444444.444444444444";

/** The ids of the leads in each fixture. */
const LEADS: Record<string, readonly string[]> = {
  lead: [`lead.${page}.731905562218001`],
  "lead-organic": [`lead.${page}.731905562218002`],
  "lead-numeric-ids": [`lead.${page}.9007199254740993777`],
  "lead-relayed-with-answers": [`lead.${page}.731905562218004`],
  "lead-page-in-entry-alone": [`lead.${page}.731905562218005`],
  "lead-without-object-and-field": [`lead.${page}.731905562218006`],
  "batch-of-two-pages": [
    `lead.${page}.731905562218007`,
    `lead.${page}.731905562218008`,
    "lead.618803311470088.731905562218009",
    "lead.618803311470088.731905562218009",
  ],
  "dashboard-test": [dashboardLead],
  "dashboard-preview": [dashboardLead],
  "dashboard-test-without-page": [dashboardLead],
  "bare-lead": [`lead.${page}.731905562218010`],
};

/** The payload of the event of each fixture without a lead. */
const CHANGES: Record<string, unknown> = {
  "other-field": {
    object: "page",
    accountId: page,
    field: "feed",
    value: { item: "status", verb: "add", post_id: "618803311470021_44" },
  },
  "other-field-with-plain-value": { object: "page", accountId: page, field: "name", value: "The Bright Kitchen" },
  "other-object": {
    object: "permissions",
    accountId: "10221150089",
    field: "leads_retrieval",
    value: { verb: "revoked", target_ids: [page] },
  },
  "leadgen-of-another-object": {
    object: "instagram",
    accountId: "17841400551200",
    field: "leadgen",
    value: { leadgen_id: "731905562218011", page_id: page },
  },
  "messenger-chat": {
    object: "page",
    accountId: page,
    field: "messaging",
    value: expect.objectContaining({ message: { mid: "m_kq", text: "Open on Sunday?" } }),
  },
};

/** Why each broken fixture is unreadable. */
const REASONS: Record<string, string> = {
  "include-values-off": 'the webhook subscription sends no values: switch on its "Include Values" at Meta',
  "lead-without-id": "a lead without a leadgen_id and a page_id",
  "lead-with-hostile-id": "a lead without a leadgen_id and a page_id",
  "lead-without-value": "a lead without a leadgen_id and a page_id",
  "entry-without-changes": "an entry without changes",
  "no-entries": "no entries",
  "no-object": "the body is not a JSON object",
};

test("every fixture has an expected result", () => {
  const files = readdirSync(folder).map((file) => file.replace(".json", ""));
  expect(files.toSorted()).toEqual([LEADS, CHANGES, REASONS].flatMap((fixtures) => Object.keys(fixtures)).toSorted());
});

test.each(Object.entries(LEADS))("%s becomes one event per lead", (name, ids) => {
  expect(read(name).map(({ id, kind }) => [id, kind])).toEqual(ids.map((id) => [id, "lead"]));
});

test.each(Object.entries(CHANGES))("%s becomes a change event with the hash of its content as id", (name, payload) => {
  expect(read(name)).toEqual([{ id: expect.stringMatching(/^change\.[0-9a-f]{64}$/), kind: "change", payload }]);
});

test.each(Object.entries(REASONS))("%s becomes an unreadable event with the reason", (name, reason) => {
  expect(read(name)).toEqual([
    {
      id: expect.stringMatching(/^unreadable\.[0-9a-f]{64}$/),
      kind: "unreadable",
      payload: { reason, raw: expect.anything() },
    },
  ]);
});

test("a lead's payload has the fields of Meta's notification, with ids as strings", () => {
  expect(read("lead")[0]?.payload).toEqual({
    ...notification,
    leadgen_id: "731905562218001",
    ad_id: "120231188450070",
  });
  expect(read("lead-numeric-ids")[0]?.payload).toEqual({
    leadgen_id: "9007199254740993777",
    page_id: page,
    form_id: "120773300551",
    created_time: 1_476_740_098,
  });
});

test("answers that a relay added to the notification are dropped", () => {
  expect(read("lead-relayed-with-answers")[0]?.payload).toEqual({
    ...notification,
    leadgen_id: "731905562218004",
    ad_id: "120231188450070",
  });
});
