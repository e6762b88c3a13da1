import { EnvironmentError } from "@millrace/core";
import { expect, test } from "vitest";
import { readDashboardConfig } from "./env.ts";

const COMPLETE = {
  DASHBOARD_PASSWORD: "a-long-pass-phrase",
  DATABASE_URL: "postgres://127.0.0.1/millrace",
  QUEUE_URL: "redis://127.0.0.1:6379",
};

test.each([undefined, ""])("the dashboard does not start without a password (%j)", (password) => {
  for (const NODE_ENV of [undefined, "production"])
    expect(() => readDashboardConfig({ ...COMPLETE, DASHBOARD_PASSWORD: password, NODE_ENV })).toThrow(
      new EnvironmentError(["DASHBOARD_PASSWORD is missing"]),
    );
});

test("the dashboard does not start in production with a short password", () => {
  const short = { ...COMPLETE, DASHBOARD_PASSWORD: "elevenchars" };
  expect(readDashboardConfig(short).access.builtIn?.password).toBe("elevenchars");
  expect(() => readDashboardConfig({ ...short, NODE_ENV: "production" })).toThrow(
    new EnvironmentError(["DASHBOARD_PASSWORD: must have at least 12 characters when NODE_ENV is production"]),
  );
});

test("the dashboard needs no password when proxies sign people in", () => {
  const { access } = readDashboardConfig({
    DATABASE_URL: COMPLETE.DATABASE_URL,
    NODE_ENV: "production",
    DASHBOARD_TRUSTED_PROXIES: "10.0.0.0/8, 192.0.2.7,fd00::/8,2001:db8::7",
  });
  expect(access.builtIn).toBeUndefined();
  expect(access.proxies).toMatchObject({ userHeader: "x-forwarded-user", role: "viewer" });
  const trusts = (address: string, family: "ipv4" | "ipv6") => access.proxies?.addresses.check(address, family);
  expect([trusts("10.1.2.3", "ipv4"), trusts("192.0.2.7", "ipv4"), trusts("::ffff:10.1.2.3", "ipv6")]).toEqual([
    true,
    true,
    true,
  ]);
  expect([trusts("fd00::1", "ipv6"), trusts("2001:db8::7", "ipv6")]).toEqual([true, true]);
  expect([trusts("192.0.2.8", "ipv4"), trusts("11.0.0.1", "ipv4"), trusts("2001:db8::8", "ipv6")]).toEqual([
    false,
    false,
    false,
  ]);
});

test.each(["10.0.0.0/33", "proxy.example", "10.0.0.1 10.0.0.2", "10.0.0.1,,"])(
  "the dashboard does not start with trusted proxies that are no addresses: %s",
  (proxies) => {
    expect(() => readDashboardConfig({ ...COMPLETE, DASHBOARD_TRUSTED_PROXIES: proxies })).toThrow(
      new EnvironmentError(["DASHBOARD_TRUSTED_PROXIES: must be addresses or networks such as 10.0.0.0/8"]),
    );
  },
);

test("cookies are sent over TLS only in production, unless a variable changes it", () => {
  const secure = (more: Record<string, string>) => readDashboardConfig({ ...COMPLETE, ...more }).access.secureCookies;
  expect([secure({}), secure({ NODE_ENV: "production" })]).toEqual([false, true]);
  expect(secure({ NODE_ENV: "production", DASHBOARD_SECURE_COOKIES: "false" })).toBe(false);
  expect(secure({ DASHBOARD_SECURE_COOKIES: "true" })).toBe(true);
});

test("the error names every wrong variable, without its value", () => {
  const environment = {
    DASHBOARD_USER: "ada:lovelace",
    DASHBOARD_PORT: "eighty",
    DASHBOARD_PROXY_ROLE: "admin",
    DASHBOARD_SECURE_COOKIES: "yes",
  };
  expect(() => readDashboardConfig(environment)).toThrow(
    new EnvironmentError([
      "DATABASE_URL is missing",
      "DASHBOARD_PORT: must be a port",
      "DASHBOARD_USER: must not contain a colon",
      "DASHBOARD_PROXY_ROLE: must be viewer or operator",
      "DASHBOARD_PASSWORD is missing",
      "DASHBOARD_SECURE_COOKIES: must be true or false",
      "QUEUE_URL is missing",
    ]),
  );
});

test("the queue is stored at DATABASE_URL unless QUEUE_URL is set", () => {
  expect(readDashboardConfig({ ...COMPLETE, QUEUE_URL: undefined })).toEqual({
    databaseUrl: COMPLETE.DATABASE_URL,
    queueUrl: COMPLETE.DATABASE_URL,
    port: 8081,
    logLevel: "info",
    access: {
      builtIn: { user: "operator", password: COMPLETE.DASHBOARD_PASSWORD },
      proxies: undefined,
      secureCookies: false,
    },
  });
  expect(readDashboardConfig(COMPLETE).queueUrl).toBe(COMPLETE.QUEUE_URL);
});
