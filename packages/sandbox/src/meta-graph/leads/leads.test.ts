import { beforeEach, expect, test } from "vitest";
import type { Hono } from "hono";
import { createSandboxApp } from "../../app.ts";
import { abortableRequest } from "../../../test/abortable-request.ts";

const NOW = new Date("2026-11-20T10:00:00.000Z");
const ALL_FIELDS =
  "id,created_time,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,form_id,is_organic,platform," +
  "partner_name,retailer_item_id,field_data,custom_disclaimer_responses";

type ResponseBody = { error?: { code: number } } & Record<string, unknown>;

let app: Hono;

beforeEach(() => {
  app = createSandboxApp({ now: () => NOW });
});

async function get(path: string, token: string | undefined = "sandbox") {
  const response = await app.request(path, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, headers: response.headers, body: (await response.json()) as ResponseBody };
}

const addFault = (fault: unknown) => app.request("/_faults", { method: "POST", body: JSON.stringify(fault) });

test("every numeric id is a lead, the same in every sandbox", async () => {
  for (const id of ["1", "731905562218001", "9007199254740993123"]) {
    const first = await get(`/graph/v26.0/${id}?fields=${ALL_FIELDS}`);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      id,
      created_time: expect.stringMatching(/^2026-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/),
      field_data: expect.arrayContaining([
        { name: "email", values: [expect.stringMatching(/^[\w.-]+@Example\.com$/)] },
      ]),
      custom_disclaimer_responses: expect.arrayContaining([{ checkbox_key: "privacy", is_checked: "1" }]),
    });
    app = createSandboxApp({ now: () => new Date(0) });
    expect((await get(`/graph/v26.0/${id}?fields=${ALL_FIELDS}`)).body).toEqual(first.body);
  }
});

test("different ids have different people", async () => {
  const people = await Promise.all(
    Array.from({ length: 200 }, (_, id) => get(`/graph/v26.0/${70_000 + id}?fields=field_data`)),
  );
  const answers = people.map(({ body }) => JSON.stringify(body["field_data"]));
  const of = (name: string) => answers.map((text) => text.match(new RegExp(`"${name}","values":\\["([^"]+)`))?.[1]);
  expect(new Set(of("email")).size).toBe(200);
  expect(new Set(of("phone_number")).size).toBe(200);
});

test("an organic lead has no ad, and every other lead has one", async () => {
  const leads = await Promise.all(
    Array.from({ length: 40 }, (_, id) => get(`/graph/v26.0/${id + 1}?fields=is_organic,ad_id,ad_name`)),
  );
  for (const { body } of leads) expect("ad_id" in body).toBe(!body["is_organic"]);
  expect(new Set(leads.map(({ body }) => body["is_organic"]))).toEqual(new Set([true, false]));
});

test("a response has the requested fields, or the default fields without a request for fields", async () => {
  expect(Object.keys((await get("/graph/v26.0/2?fields=form_id,created_time")).body)).toEqual([
    "form_id",
    "created_time",
    "id",
  ]);
  const defaults = Object.keys((await get("/graph/1")).body);
  expect(defaults).toEqual(["created_time", "id", "ad_id", "form_id", "field_data"]);
});

test("an unknown field is rejected with Meta's error", async () => {
  expect(await get("/graph/v26.0/1?fields=id,shoe_size")).toMatchObject({
    status: 400,
    body: { error: { code: 100, message: "(#100) Tried accessing nonexisting field (shoe_size)" } },
  });
});

test("the dashboard's test lead does not exist", async () => {
  expect(await get("/graph/v26.0/444444444444")).toMatchObject({
    status: 400,
    body: {
      error: {
        message: expect.stringMatching(/^Unsupported get request\. Object with ID '444444444444' does not exist/),
        type: "GraphMethodException",
        code: 100,
        error_subcode: 33,
        fbtrace_id: expect.stringMatching(/^A[\w-]{22}$/),
      },
    },
  });
});

test("an id without digits is an unknown alias", async () => {
  expect(await get("/graph/v26.0/lead-one")).toMatchObject({ status: 404, body: { error: { code: 803 } } });
});

test("a lead of the testing tool has dummy answers", async () => {
  const { body } = await get("/graph/v26.0/99990001?fields=field_data");
  expect(body).toMatchObject({
    field_data: expect.arrayContaining([{ name: "email", values: ["<test lead: dummy data for email>"] }]),
  });
});

test.each([
  ["expired", { code: 190, error_subcode: 463 }],
  ["password-changed", { code: 190, error_subcode: 460 }],
  ["nonsense", { code: 190, message: "Invalid OAuth access token - Cannot parse access token" }],
])("the token %s is rejected with 401", async (token, error) => {
  const { status, body, headers } = await get("/graph/v26.0/1", token);
  expect(status).toBe(401);
  expect(body).toMatchObject({ error: { type: "OAuthException", ...error } });
  expect(headers.get("www-authenticate")).toMatch(/"invalid_token"/);
});

test("a request without an Authorization header is rejected, also with a token in the URL", async () => {
  const response = await app.request("/graph/v26.0/1?access_token=sandbox");
  expect(await response.json()).toMatchObject({ error: { code: 104 } });
});

test("every response has the usage header", async () => {
  for (const path of ["/graph/v26.0/1", "/graph/v26.0/444444444444"]) {
    const usage = JSON.parse((await get(path)).headers.get("x-business-use-case-usage") ?? "") as Record<
      string,
      unknown[]
    >;
    expect(Object.values(usage)).toEqual([[expect.objectContaining({ estimated_time_to_regain_access: 0 })]]);
  }
});

test.each([
  ["throttle", 400, { code: 80005 }],
  ["throttle_without_estimate", 400, { code: 80005 }],
  ["app_throttle", 403, { code: 4, is_transient: true }],
  ["expired_token", 401, { code: 190, error_subcode: 463 }],
  ["permission", 403, { code: 200 }],
  ["ad_fields_permission", 403, { code: 200 }],
  ["policy_block", 400, { code: 368 }],
  ["missing", 400, { code: 100, error_subcode: 33 }],
  ["bad_request", 400, { code: 100 }],
  ["transient", 500, { code: 2, is_transient: true }],
])("the fault %s changes one response, and the next one has the lead", async (fault, status, error) => {
  expect((await addFault({ fault })).status).toBe(204);
  const failed = await get(`/graph/v26.0/1?fields=${ALL_FIELDS}`);
  expect(failed.status).toBe(status);
  expect(failed.body).toMatchObject({
    error: { ...error, fbtrace_id: expect.any(String), message: expect.any(String) },
  });
  expect((await get(`/graph/v26.0/1?fields=${ALL_FIELDS}`)).status).toBe(200);
});

test("a throttled response has the estimated minutes to wait", async () => {
  await addFault({ fault: "throttle" });
  const usage = (await get("/graph/v26.0/1")).headers.get("x-business-use-case-usage");
  expect(usage).toContain('"estimated_time_to_regain_access":1}');
});

test("the fault http_500 responds with HTML, and malformed with truncated JSON", async () => {
  await addFault({ fault: "http_500" });
  await addFault({ fault: "malformed" });
  const request = () => app.request("/graph/v26.0/1", { headers: { authorization: "Bearer sandbox" } });
  const down = await request();
  expect([down.status, await down.text()]).toEqual([500, expect.stringMatching(/^<html>/)]);
  const truncated = await request();
  expect(truncated.status).toBe(200);
  const text = await truncated.text();
  expect(() => void JSON.parse(text)).toThrow(SyntaxError);
});

test("text that Postgres cannot store is escaped in JSON, as at Meta", async () => {
  await addFault({ fault: "odd_text" });
  const response = await app.request("/graph/v26.0/1", { headers: { authorization: "Bearer sandbox" } });
  expect(await response.text()).toContain(String.raw`"Ada \u0000\ud83d"`);
});

test("the fault timeout sends no response while the caller waits", async () => {
  await addFault({ fault: "timeout" });
  const headers = { authorization: "Bearer sandbox" };
  const { response, abort } = abortableRequest(app, "/graph/v26.0/1", { headers });
  let responded = false;
  const pending = response.then(({ status }) => {
    responded = true;
    return status;
  });
  await get("/graph/v26.0/2");
  expect(responded).toBe(false);
  abort();
  expect(await pending).toBe(499);
});

test("faults apply in order, and only to the requests that they match", async () => {
  await addFault({ match: { leadgenId: "7" }, fault: "transient", times: 2 });
  await addFault({ match: { pageToken: "sandbox-2" }, fault: "permission" });
  await addFault({ match: { leadgenId: "7" }, fault: "policy_block" });
  expect((await get("/graph/v26.0/8")).status).toBe(200);
  const seen: unknown[] = [];
  for (let call = 0; call < 4; call++) seen.push((await get("/graph/v26.0/7")).body.error?.code);
  expect(seen).toEqual([2, 2, 368, undefined]);
  expect((await get("/graph/v26.0/8", "sandbox-2")).status).toBe(403);
});

test("the fault ad_fields_permission applies only to requests with ad fields", async () => {
  await addFault({ fault: "ad_fields_permission" });
  expect((await get("/graph/v26.0/1?fields=id,field_data")).status).toBe(200);
  expect((await get("/graph/v26.0/1?fields=id,ad_name")).status).toBe(403);
});

test("faults can be deleted, and an invalid one is rejected", async () => {
  await addFault({ fault: "permission", times: 5 });
  await app.request("/_faults", { method: "DELETE" });
  expect((await get("/graph/v26.0/1")).status).toBe(200);
  for (const invalid of [
    { fault: "meteor" },
    { fault: "throttle", times: 0 },
    { fault: "throttle", match: { lead: "1" } },
  ])
    expect((await addFault(invalid)).status).toBe(400);
  expect((await app.request("/_faults", { method: "POST", body: "{" })).status).toBe(400);
});

test("`/_requests` lists requests with their time and without their token", async () => {
  await get("/graph/v26.0/1?fields=id&access_token=SECRET");
  await get("/graph/v26.0/2", "SECRET");
  const listed = await (await app.request("/_requests")).text();
  expect(JSON.parse(listed)).toEqual([
    { method: "GET", path: "/graph/v26.0/1", query: { fields: "id" }, at: NOW.toISOString(), authorized: true },
    { method: "GET", path: "/graph/v26.0/2", query: {}, at: NOW.toISOString(), authorized: false },
  ]);
  expect(listed).not.toContain("SECRET");
  await app.request("/_requests", { method: "DELETE" });
  expect(await (await app.request("/_requests")).json()).toEqual([]);
});

test("an unknown path is rejected with Meta's error", async () => {
  const response = await app.request("/graph/v26.0/1/likes/2");
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { code: 2500, message: "Unknown path components: /v26.0/1/likes/2" },
  });
});
