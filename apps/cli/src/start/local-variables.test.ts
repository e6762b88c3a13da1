import { expect, test } from "vitest";
import { withoutGenerated } from "./local-variables.ts";

test("a generated secret is no credential of a real account, and the operator's own secret is one", () => {
  const generated = { ACME_WEBHOOK_SECRET: "0b1c", MILL_WEBHOOK_SECRET: "2d3e" };
  const environment = { ACME_WEBHOOK_SECRET: "0b1c", MILL_WEBHOOK_SECRET: "real", NODE_ENV: "production" };
  expect(withoutGenerated(environment, generated)).toEqual({ MILL_WEBHOOK_SECRET: "real", NODE_ENV: "production" });
});
