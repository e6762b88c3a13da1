import { EnvironmentError } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { tokenFor } from "../shared/meta/graph-tokens.ts";
import { readApiConfig, readPhoneNumberId } from "./config.ts";
import { whatsapp } from "./index.ts";

const GRAPH = "https://graph.facebook.com/v26.0";

describe("access tokens", () => {
  const tokenOf = (tokens: string, number: string) =>
    tokenFor(readApiConfig({ WHATSAPP_ACCESS_TOKEN: tokens }).tokens, number);

  test.each([
    ["EAAG", "111", "EAAG"],
    ["111=one,222=two=2", "222", "two=2"],
    ["111=one,222=two", "333", undefined],
    ["111=one, rest", "333", "rest"],
  ])("of %s number %s has %s", (tokens, number, token) => {
    expect(tokenOf(tokens, number)).toBe(token);
  });

  test.each(["one,two", "111=one,111=two"])("%s says nothing clear, and is not told", (tokens) => {
    const read = () => readApiConfig({ WHATSAPP_ACCESS_TOKEN: tokens });
    expect(read).toThrow(/WHATSAPP_ACCESS_TOKEN: must hold one token/);
    expect(read).not.toThrow(/two/);
  });
});

test("switched on it needs a token, switched off none", () => {
  for (const side of [whatsapp.outbound, whatsapp.media]) {
    expect(() => side?.({})).toThrow(EnvironmentError);
    expect(() => side?.({})).toThrow("WHATSAPP_ACCESS_TOKEN is missing");
    expect(side?.({ WHATSAPP_WEBHOOK_ENABLED: "false" })).toBeDefined();
  }
});

test("switched off it has no route to send by", () => {
  expect(whatsapp.api?.({ WHATSAPP_WEBHOOK_ENABLED: "false" }, [])).toEqual([]);
  expect(whatsapp.api?.({}, []).map(({ paths }) => paths)).toEqual([
    ["/api/integrations/whatsapp/send", "/api/whatsapp/send"],
  ]);
});

test.each([
  [{}, GRAPH],
  [{ GRAPH_BASE_URL: "http://proxy.example/graph/" }, "http://proxy.example/graph"],
  [{ GRAPH_BASE_URL: "http://sandbox.example", WHATSAPP_BASE_URL: "https://wa.example" }, "https://wa.example"],
])("with %j the API is at %s", (environment, baseUrl) => {
  expect(readApiConfig({ WHATSAPP_ACCESS_TOKEN: "t", ...environment }).baseUrl).toBe(baseUrl);
});

test.each([
  ["GRAPH_BASE_URL", "graph.facebook.com"],
  ["WHATSAPP_BASE_URL", "ftp://a.example"],
  ["WHATSAPP_MESSAGES_PER_SECOND", "0"],
  ["WHATSAPP_MESSAGES_PER_SECOND", "fast"],
])("%s must not be %s", (name, value) => {
  expect(() => readApiConfig({ WHATSAPP_ACCESS_TOKEN: "t", [name]: value })).toThrow(name);
});

test("the number that sends is named by its id and not by itself", () => {
  expect(readPhoneNumberId({})).toBeUndefined();
  expect(readPhoneNumberId({ WHATSAPP_PHONE_NUMBER_ID: "111" })).toBe("111");
  expect(() => readPhoneNumberId({ WHATSAPP_PHONE_NUMBER_ID: "+49 301" })).toThrow("WHATSAPP_PHONE_NUMBER_ID");
});

describe("on a machine of one's own", () => {
  const endpoints = (environment: Record<string, string>) => whatsapp.local.endpoints(environment, "http://sandbox");

  test("without a token it talks to the sandbox, as the samples' number", () => {
    expect(endpoints({})).toEqual({
      WHATSAPP_ACCESS_TOKEN: "sandbox",
      WHATSAPP_BASE_URL: "http://sandbox/graph/v26.0",
      WHATSAPP_PHONE_NUMBER_ID: "100000000000001",
    });
  });

  test("a number that is named stays", () => {
    expect(endpoints({ WHATSAPP_PHONE_NUMBER_ID: "111" })).toMatchObject({ WHATSAPP_PHONE_NUMBER_ID: "111" });
  });

  test("with a token it talks to Meta, also where others that talk to Meta are at the sandbox", () => {
    const token = { WHATSAPP_ACCESS_TOKEN: "EAAG" };
    const others = { GRAPH_BASE_URL: "http://sandbox/graph/v26.0" };
    expect(readApiConfig({ ...token, ...others, ...endpoints(token) }).baseUrl).toBe(GRAPH);
  });
});
