import { expect, test } from "vitest";
import type { Alert } from "@millrace/db";
import { newsOf, requestFor } from "./notifications.ts";

const openedAt = new Date("2026-11-20T10:00:00.000Z");
const closedAt = new Date("2026-11-20T11:00:00.000Z");
const alert: Alert = {
  id: "a-1",
  rule: "new_error",
  subject: "meta-inbound: <#>",
  summary: "a new kind in meta-inbound: <#> & <!channel>",
  openedAt,
  closedAt: null,
  openingNotifiedAt: null,
  closingNotifiedAt: null,
};
const slack = { url: "http://127.0.0.1/hook", format: "slack", dashboardUrl: undefined } as const;

test("an alert that ended before it was told is told from its beginning", () => {
  const states = (changes: Partial<Alert>) => newsOf([{ ...alert, ...changes }]).map(({ state }) => state);
  expect(states({})).toEqual(["opened"]);
  expect(states({ closedAt })).toEqual(["opened", "closed"]);
  expect(states({ closedAt, openingNotifiedAt: openedAt })).toEqual(["closed"]);
  expect(states({ openingNotifiedAt: openedAt })).toEqual([]);
});

test("nothing in an error becomes a mention or a link in Slack", () => {
  const text = (state: "opened" | "closed", dashboardUrl?: string) =>
    (JSON.parse(String(requestFor({ alert, state }, { ...slack, dashboardUrl }).body)) as { text: string }).text;
  expect(text("opened")).toBe(
    ":rotating_light: *new_error* a new kind in meta-inbound: &lt;#&gt; &amp; &lt;!channel&gt;",
  );
  expect(text("closed", "https://mill.example/?a=1&b=2")).toBe(
    ":white_check_mark: over: *new_error* a new kind in meta-inbound: &lt;#&gt; &amp; &lt;!channel&gt; " +
      "<https://mill.example/?a=1&amp;b=2|dashboard>",
  );
});

test("as JSON the news is the whole alert", () => {
  const told = (state: "opened" | "closed", dashboardUrl?: string): unknown =>
    JSON.parse(
      String(requestFor({ alert: { ...alert, closedAt }, state }, { ...slack, format: "json", dashboardUrl }).body),
    );
  const { id, rule, subject, summary } = alert;
  const common = { v: 1, id, rule, subject, summary, openedAt: openedAt.toISOString() };
  expect(told("opened")).toEqual({ ...common, state: "opened", closedAt: null });
  expect(told("closed", "https://mill.example")).toEqual({
    ...common,
    state: "closed",
    closedAt: closedAt.toISOString(),
    url: "https://mill.example",
  });
});
