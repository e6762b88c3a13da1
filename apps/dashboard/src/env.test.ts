import { EnvironmentError } from "@millrace/core";
import { expect, test } from "vitest";
import { readDashboardConfig } from "./env.ts";

const COMPLETE = {
  DASHBOARD_PASSWORD: "a-long-pass-phrase",
  DATABASE_URL: "postgres://127.0.0.1/millrace",
  QUEUE_URL: "redis://127.0.0.1:6379",
};

test.each([undefined, ""])("without a password (%j) it refuses to start", (password) => {
  expect(() => readDashboardConfig({ ...COMPLETE, DASHBOARD_PASSWORD: password })).toThrow(
    new EnvironmentError(["DASHBOARD_PASSWORD is missing"]),
  );
});

test("every wrong variable is named at once, without its value", () => {
  const environment = { DASHBOARD_USER: "ada:lovelace", DASHBOARD_PORT: "eighty" };
  expect(() => readDashboardConfig(environment)).toThrow(
    new EnvironmentError([
      "DATABASE_URL is missing",
      "DASHBOARD_PORT: must be a port",
      "DASHBOARD_USER: must hold no colon",
      "DASHBOARD_PASSWORD is missing",
      "QUEUE_URL is missing",
    ]),
  );
});

test("the queue is where DATABASE_URL is, unless QUEUE_URL says otherwise", () => {
  const database = "postgres://127.0.0.1/millrace";
  expect(readDashboardConfig({ DASHBOARD_PASSWORD: "x", DATABASE_URL: database })).toEqual({
    databaseUrl: database,
    queueUrl: database,
    port: 8081,
    logLevel: "info",
    operator: { user: "operator", password: "x" },
  });
  expect(readDashboardConfig(COMPLETE).queueUrl).toBe(COMPLETE.QUEUE_URL);
});
