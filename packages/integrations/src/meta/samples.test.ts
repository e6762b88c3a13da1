import { expect, test } from "vitest";
import { meta } from "./index.ts";

const environment = { META_APP_SECRET: "s1,s2", META_WEBHOOK_VERIFY_TOKEN: "word" };
const samplesAt = (time: string) => meta.samples(environment, new Date(time));

function eventsOf(name: string, time = "2026-11-20T10:00:00Z") {
  const sample = samplesAt(time)[name];
  const [webhook] = meta.webhooks(environment);
  if (!sample || !webhook) throw new Error(`no sample ${name}`);
  const { headers, path } = sample;
  const request = {
    method: "POST",
    headers,
    url: "http://127.0.0.1:8080/",
    query: new URLSearchParams(),
    params: {},
    body: Buffer.from(sample.body),
  };
  expect(webhook.paths).toContain(path);
  expect(webhook.authenticate(request, { now: new Date(time), secrets: webhook.secrets })).toBe(true);
  return webhook.parse(request);
}

test("the samples are signed and become leads, the plain lead first", () => {
  expect(Object.keys(samplesAt("2026-11-20T10:00:00Z"))).toEqual(["lead", "broken-page", "dashboard-test", "batch"]);
  expect(eventsOf("lead").map(({ kind }) => kind)).toEqual(["lead"]);
  expect(new Set(eventsOf("batch").map(({ id }) => id)).size).toBe(3);
  expect(eventsOf("dashboard-test").map(({ id }) => id)).toEqual(["lead.444444444444.444444444444"]);
});

test("the broken-page sample names a page without a tenant", () => {
  expect(eventsOf("broken-page")[0]?.payload).toMatchObject({ page_id: meta.local.unownedAccounts?.[0] });
});

test("a sample that is sent later is another lead", () => {
  expect(eventsOf("lead", "2026-11-20T10:00:01Z")[0]?.id).not.toBe(eventsOf("lead")[0]?.id);
});
