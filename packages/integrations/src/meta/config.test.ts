import { expect, test } from "vitest";
import { EnvironmentError } from "@millrace/core";
import { tokenFor } from "../shared/meta/graph-tokens.ts";
import { readHandlerConfig, readWebhookConfig } from "./config.ts";
import { meta } from "./index.ts";

const secrets = { META_APP_SECRET: "s1, s2", META_WEBHOOK_VERIFY_TOKEN: "word" };

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
  return [];
}

test("the webhook needs its secrets and no access token", () => {
  expect(readWebhookConfig(secrets)).toEqual({
    appSecrets: ["s1", "s2"],
    verifyTokens: ["word"],
    verifySignature: true,
  });
  expect(problemsOf(() => readWebhookConfig({}))).toEqual([
    "META_APP_SECRET is missing",
    "META_WEBHOOK_VERIFY_TOKEN is missing",
  ]);
});

test("neither webhook nor handler needs a variable while the webhook is switched off", () => {
  const off = { META_WEBHOOK_ENABLED: "false" };
  expect(meta.webhooks(off)).toEqual([]);
  expect(readHandlerConfig(off).pageTokens.size).toBe(0);
});

test("the start fails in production if signatures are not verified", () => {
  const unchecked = { ...secrets, META_VERIFY_SIGNATURE: "false" };
  expect(readWebhookConfig(unchecked)?.verifySignature).toBe(false);
  expect(problemsOf(() => readWebhookConfig({ ...unchecked, NODE_ENV: "production" }))).toEqual([
    "META_VERIFY_SIGNATURE: must not be false when NODE_ENV is production",
  ]);
  expect(problemsOf(() => readWebhookConfig({ ...secrets, NODE_ENV: "production" }))).toEqual([]);
});

test("the default token is for every page without its own token", () => {
  const one = readHandlerConfig({ META_PAGE_ACCESS_TOKEN: "EAAone" });
  expect(tokenFor(one.pageTokens, "51")).toBe("EAAone");
  expect(one.graphBaseUrl).toBe("https://graph.facebook.com/v26.0");
  const pairs = readHandlerConfig({ META_PAGE_ACCESS_TOKEN: "51=EAAa, 52=EAAb" }).pageTokens;
  expect(["51", "52", "53"].map((page) => tokenFor(pairs, page))).toEqual(["EAAa", "EAAb", undefined]);
  const both = readHandlerConfig({ META_PAGE_ACCESS_TOKEN: "EAAone,52=EAAb" }).pageTokens;
  expect(["51", "52"].map((page) => tokenFor(both, page))).toEqual(["EAAone", "EAAb"]);
});

test("the start fails without a token or with two for one page, and the error contains no token", () => {
  expect(problemsOf(() => readHandlerConfig({}))).toEqual(["META_PAGE_ACCESS_TOKEN is missing"]);
  for (const twice of ["EAAone,EAAtwo", "51=EAAone,51=EAAtwo"])
    expect(problemsOf(() => readHandlerConfig({ META_PAGE_ACCESS_TOKEN: twice }))).toEqual([
      "META_PAGE_ACCESS_TOKEN: must hold one token, or id=token pairs with each id once",
    ]);
});

test("Meta uses the sandbox unless a token is set", () => {
  expect(meta.local.endpoints({}, "http://127.0.0.1:8082")).toEqual({
    META_PAGE_ACCESS_TOKEN: "sandbox",
    GRAPH_BASE_URL: "http://127.0.0.1:8082/graph/v26.0",
  });
  expect(meta.local.endpoints({ META_PAGE_ACCESS_TOKEN: "EAAone" }, "http://127.0.0.1:8082")).toEqual({});
});
