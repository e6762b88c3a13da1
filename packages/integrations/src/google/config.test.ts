import { EnvironmentError } from "@millrace/core";
import { expect, test } from "vitest";
import { readRouteConfig, readUploadsConfig } from "./config.ts";
import { google } from "./index.ts";

const on = {
  GOOGLE_ADS_OFFLINE_ENABLED: "true",
  GOOGLE_ADS_CUSTOMER_ID: "555-000-1111",
  GOOGLE_ADS_CONVERSION_ACTION_ID: "91",
};

test("uploads are off by default and need no variable then", () => {
  expect(readUploadsConfig({})).toBeUndefined();
  expect(google.capabilities?.conversions?.read({})).toBeUndefined();
  expect(google.webhooks(on)).toEqual([]);
  expect(readRouteConfig({})).toEqual({
    enabled: false,
    accountId: "default",
    actionId: "default",
    eventSource: "WEB",
    holdsWithoutConsent: false,
  });
});

test("account ids lose their dashes, and an unset variable has its default", () => {
  expect(readRouteConfig({ ...on, GOOGLE_EVENT_SOURCE: "MESSAGE", GOOGLE_CONSENT_MISSING: "held" })).toEqual({
    enabled: true,
    accountId: "5550001111",
    actionId: "91",
    eventSource: "MESSAGE",
    holdsWithoutConsent: true,
  });
  expect(readUploadsConfig({ ...on, GOOGLE_ADS_LOGIN_CUSTOMER_ID: "777-000-2222" })).toEqual({
    accountId: "5550001111",
    actionId: "91",
    loginAccountId: "7770002222",
    statusCheckAfterMs: 1_800_000,
    baseUrl: "https://datamanager.googleapis.com/v1",
    accessToken: undefined,
    project: undefined,
  });
});

test.each([
  ["GOOGLE_ADS_OFFLINE_ENABLED", "perhaps"],
  ["GOOGLE_ADS_CUSTOMER_ID", ""],
  ["GOOGLE_ADS_CUSTOMER_ID", "customers/1"],
  ["GOOGLE_ADS_CONVERSION_ACTION_ID", ""],
  ["GOOGLE_ADS_CONVERSION_ACTION_ID", "customers/1/conversionActions/2"],
  ["GOOGLE_ADS_LOGIN_CUSTOMER_ID", "manager"],
  ["GOOGLE_EVENT_SOURCE", "TELEGRAM"],
  ["GOOGLE_CONSENT_MISSING", "granted"],
  ["GOOGLE_DATAMANAGER_BASE_URL", "ftp://datamanager.example"],
])("%s=%o stops the start with one line that names the variable", (name, value) => {
  const environment = { ...on, [name]: value };
  const read = () => [readRouteConfig(environment), readUploadsConfig(environment)];
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow(
    new RegExp(`^these environment variables are missing or wrong:\n  ${name}(?: is missing|: [^\n]+)$`),
  );
});

test("a machine without credentials uploads to the sandbox, and variables that are set stay unchanged", () => {
  const { endpoints } = google.local;
  const sandbox = endpoints({}, "http://sandbox.example");
  expect(readUploadsConfig(sandbox)).toMatchObject({
    accessToken: "sandbox",
    baseUrl: "http://sandbox.example/datamanager/v1",
  });
  expect(google.capabilities?.conversions?.read(sandbox)).toBeDefined();
  const off = { GOOGLE_ADS_OFFLINE_ENABLED: "false", GOOGLE_ADS_CUSTOMER_ID: "1" };
  expect(endpoints(off, "http://sandbox.example")).toMatchObject(off);
  for (const name of ["GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_ACCESS_TOKEN", "GOOGLE_DATAMANAGER_BASE_URL"])
    expect(endpoints({ [name]: "set" }, "http://sandbox.example")).toEqual({});
});
