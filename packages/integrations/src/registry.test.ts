import { expect, test } from "vitest";
import { formatsOf } from "@millrace/core";
import { integrations } from "./registry.ts";

test("every id in the registry is unique and can be part of a queue's name", () => {
  const ids = integrations.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9-]*$/);
});

test("a channel has the id of the integration that sends on it, which its jobs are routed by", () => {
  for (const { id, ...integration } of integrations)
    for (const { channel } of formatsOf([integration])) expect(channel).toBe(id);
});
