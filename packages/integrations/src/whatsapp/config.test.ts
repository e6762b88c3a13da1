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
  ])("with %s the token of number %s is %s", (tokens, number, token) => {
    expect(tokenOf(tokens, number)).toBe(token);
  });

  test.each(["one,two", "111=one,111=two"])("%s is ambiguous, and the error does not contain it", (tokens) => {
    const read = () => readApiConfig({ WHATSAPP_ACCESS_TOKEN: tokens });
    expect(read).toThrow(/WHATSAPP_ACCESS_TOKEN: must hold one token/);
    expect(read).not.toThrow(/two/);
  });
});

test("a token is required only while WhatsApp is switched on", () => {
  const { send, media } = whatsapp.capabilities ?? {};
  for (const capability of [send, media]) {
    expect(() => capability?.read({})).toThrow(EnvironmentError);
    expect(() => capability?.read({})).toThrow("WHATSAPP_ACCESS_TOKEN is missing");
    expect(capability?.read({ WHATSAPP_WEBHOOK_ENABLED: "false" })).toBeDefined();
  }
});

test("the send route is absent while WhatsApp is switched off", () => {
  expect(whatsapp.api?.({ WHATSAPP_WEBHOOK_ENABLED: "false" }, [])).toEqual([]);
  expect(whatsapp.api?.({}, []).map(({ paths }) => paths)).toEqual([
    ["/api/integrations/whatsapp/send", "/api/whatsapp/send"],
  ]);
});

test.each([
  [{}, GRAPH],
  [{ GRAPH_BASE_URL: "http://proxy.example/graph/" }, "http://proxy.example/graph"],
  [{ GRAPH_BASE_URL: "http://sandbox.example", WHATSAPP_BASE_URL: "https://wa.example" }, "https://wa.example"],
])("with %j the base URL is %s", (environment, baseUrl) => {
  expect(readApiConfig({ WHATSAPP_ACCESS_TOKEN: "t", ...environment }).baseUrl).toBe(baseUrl);
});

test.each([
  ["GRAPH_BASE_URL", "graph.facebook.com"],
  ["WHATSAPP_BASE_URL", "ftp://a.example"],
  ["WHATSAPP_MESSAGES_PER_SECOND", "0"],
  ["WHATSAPP_MESSAGES_PER_SECOND", "fast"],
])("%s=%s stops the start", (name, value) => {
  expect(() => readApiConfig({ WHATSAPP_ACCESS_TOKEN: "t", [name]: value })).toThrow(name);
});

test("the sending number is configured by its phone number id", () => {
  expect(readPhoneNumberId({})).toBeUndefined();
  expect(readPhoneNumberId({ WHATSAPP_PHONE_NUMBER_ID: "111" })).toBe("111");
  expect(() => readPhoneNumberId({ WHATSAPP_PHONE_NUMBER_ID: "+49 301" })).toThrow("WHATSAPP_PHONE_NUMBER_ID");
});

describe("on a machine without configuration", () => {
  const endpoints = (environment: Record<string, string>) => whatsapp.local.endpoints(environment, "http://sandbox");

  test("WhatsApp uses the sandbox and the samples' number if no token is set", () => {
    expect(endpoints({})).toEqual({
      WHATSAPP_ACCESS_TOKEN: "sandbox",
      WHATSAPP_BASE_URL: "http://sandbox/graph/v26.0",
      WHATSAPP_PHONE_NUMBER_ID: "100000000000001",
    });
  });

  test("a configured number stays", () => {
    expect(endpoints({ WHATSAPP_PHONE_NUMBER_ID: "111" })).toMatchObject({ WHATSAPP_PHONE_NUMBER_ID: "111" });
  });

  test("WhatsApp uses Meta if a token is set, even if Meta Lead Ads uses the sandbox", () => {
    const token = { WHATSAPP_ACCESS_TOKEN: "EAAG" };
    const others = { GRAPH_BASE_URL: "http://sandbox/graph/v26.0" };
    expect(readApiConfig({ ...token, ...others, ...endpoints(token) }).baseUrl).toBe(GRAPH);
  });
});
