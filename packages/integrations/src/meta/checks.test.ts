import { expect, test } from "vitest";
import { checkedSandbox, runUnreachable } from "../../test/run-checks.ts";
import { meta } from "./index.ts";

test("each page is checked with its own token", async () => {
  const variables = { META_PAGE_ACCESS_TOKEN: "sandbox,11=expired,12=wrong,13=sandbox-13" };
  expect(await checkedSandbox(meta).run(variables)).toMatchObject([
    { check: "meta page token", state: "ok" },
    { check: "meta page 11", state: "fail", remedy: expect.stringContaining("META_PAGE_ACCESS_TOKEN") },
    { check: "meta page 12", state: "fail" },
    { check: "meta page 13", state: "ok" },
  ]);
});

test("a token without the permission to read lead forms is a failure", async () => {
  const { run, post } = checkedSandbox(meta);
  await post("/_faults", { match: { api: "pages" }, fault: "forms_permission" });
  expect(await run()).toMatchObject([{ state: "fail", remedy: expect.stringContaining("leads_retrieval") }]);
});

test("a default token that belongs to no page is valid, and an id that is no page is a warning", async () => {
  const { run, post } = checkedSandbox(meta);
  await post("/_faults", { match: { api: "pages" }, fault: "no_page", times: 2 });
  expect(await run()).toMatchObject([{ state: "ok", message: expect.stringContaining("no page") }]);
  expect(await run({ META_PAGE_ACCESS_TOKEN: "11=sandbox" })).toMatchObject([{ state: "warn" }]);
});

test("an unreachable Graph API is a warning", async () => {
  expect(await runUnreachable(meta)).toMatchObject([{ state: "warn", remedy: expect.stringContaining("network") }]);
});
