import { beforeEach, expect, test } from "vitest";
import type { Hono } from "hono";
import { createSandboxApp } from "../app.ts";

let app: Hono;

beforeEach(() => {
  app = createSandboxApp({ now: () => new Date(0) });
});

async function get(path: string, token = "sandbox") {
  const response = await app.request(`/graph/v26.0/${path}`, { headers: { authorization: `Bearer ${token}` } });
  return (await response.json()) as Record<string, unknown>;
}

test("a phone number has the requested fields, and no others", async () => {
  expect(await get("1065?fields=status,quality_rating")).toEqual({
    id: "1065",
    status: "CONNECTED",
    quality_rating: "GREEN",
  });
  expect(await get("1065?fields=status,color")).toMatchObject({ error: { code: 100 } });
  expect(await get("1404?fields=status")).toMatchObject({ error: { code: 100, error_subcode: 33 } });
});

test("the owner of a token and the forms of a page are found", async () => {
  expect(await get("me?fields=id")).toEqual({ id: expect.stringMatching(/^\d+$/) });
  expect(await get("me?fields=id,color")).toMatchObject({ error: { code: 100 } });
  expect(await get("11/leadgen_forms?fields=id&limit=1")).toEqual({ data: [{ id: expect.any(String) }] });
});

test.each(["1065?fields=status", "me?fields=id", "11/leadgen_forms"])("%s requires a valid token", async (path) => {
  expect(await get(path, "expired")).toMatchObject({ error: { code: 190, error_subcode: 463 } });
  expect(await get(path, "wrong")).toMatchObject({ error: { code: 190 } });
});
