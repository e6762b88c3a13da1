import { expect, test } from "vitest";
import type { Alert } from "@millrace/db";
import { pendingNotifications, requestFor } from "./notifications.ts";

const openedAt = new Date("2026-11-20T10:00:00.000Z");
const closedAt = new Date("2026-11-20T11:00:00.000Z");
const alert: Alert = {
  id: "a-1",
  rule: "new_error",
  subject: "meta-inbound: <#>",
  summary: "new error in meta-inbound: <#> & <!channel>",
  openedAt,
  closedAt: null,
  openingNotifiedAt: null,
  closingNotifiedAt: null,
};
const slack = { url: "http://127.0.0.1/hook", format: "slack", dashboardUrl: undefined } as const;

test("an alert that closes before its first notification sends both, opened first", () => {
  const states = (changes: Partial<Alert>) =>
    pendingNotifications([{ ...alert, ...changes }]).map(({ state }) => state);
  expect(states({})).toEqual(["opened"]);
  expect(states({ closedAt })).toEqual(["opened", "closed"]);
  expect(states({ closedAt, openingNotifiedAt: openedAt })).toEqual(["closed"]);
  expect(states({ openingNotifiedAt: openedAt })).toEqual([]);
});

test("a text in an error never becomes a mention or a link in Slack", () => {
  const text = (state: "opened" | "closed", dashboardUrl?: string) =>
    (JSON.parse(String(requestFor({ alert, state }, { ...slack, dashboardUrl }).body)) as { text: string }).text;
  expect(text("opened")).toBe(
    ":rotating_light: *new_error* new error in meta-inbound: &lt;#&gt; &amp; &lt;!channel&gt;",
  );
  expect(text("closed", "https://mill.example/?a=1&b=2")).toBe(
    ":white_check_mark: closed: *new_error* new error in meta-inbound: &lt;#&gt; &amp; &lt;!channel&gt; " +
      "<https://mill.example/?a=1&amp;b=2|dashboard>",
  );
});

test("a JSON notification holds the whole alert", () => {
  const body = (state: "opened" | "closed", dashboardUrl?: string): unknown =>
    JSON.parse(
      String(requestFor({ alert: { ...alert, closedAt }, state }, { ...slack, format: "json", dashboardUrl }).body),
    );
  const { id, rule, subject, summary } = alert;
  const common = { v: 1, id, rule, subject, summary, openedAt: openedAt.toISOString() };
  expect(body("opened")).toEqual({ ...common, state: "opened", closedAt: null });
  expect(body("closed", "https://mill.example")).toEqual({
    ...common,
    state: "closed",
    closedAt: closedAt.toISOString(),
    url: "https://mill.example",
  });
});
