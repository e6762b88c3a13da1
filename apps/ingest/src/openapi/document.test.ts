import { describe, expect, test } from "vitest";
import { apiRoute, formatsOf } from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { z } from "zod";
import { noteApi, notes, pins, stamps } from "../../test/fake-routes.ts";
import { openApiDocument } from "./document.ts";

type Json = Record<string, unknown>;

/** A body with a recursive definition and a shared one. */
const line = z.strictObject({ words: z.string() }).meta({ id: "Line", description: "A line." });
const tree = z.strictObject({
  first: line,
  second: line,
  code: z.string().regex(/^\p{L}+$/u),
  at: z.iso.datetime().transform((text) => new Date(text)),
  get branches() {
    return z.array(tree).optional();
  },
});
const oak = { first: { words: "a" }, second: { words: "b" }, code: "c", at: "2026-11-21T10:00:00Z" };
const trees = apiRoute({
  ...stamps,
  paths: ["/api/integrations/notes/trees"],
  body: tree,
  examples: [{ summary: "A tree", body: oak }],
});

const formats = formatsOf(integrations);
const environment = {
  META_APP_SECRET: "meta-secret-of-the-test",
  META_WEBHOOK_VERIFY_TOKEN: "meta-verify-token",
  WHATSAPP_WEBHOOK_VERIFY_TOKEN: "whatsapp-verify-token",
  TELEGRAM_WEBHOOK_SECRET: "telegram-webhook-secret",
  N8N_WEBHOOK_SECRET: "n8n-secret-of-the-test",
};

describe.each([
  ["the test routes", new Map([["notes", [notes, stamps, trees, pins]]])],
  ["the integrations", new Map(integrations.map((one) => [one.id, one.api?.(environment, formats) ?? []]))],
])("the OpenAPI document of %s", (_, apis) => {
  const routes = [...apis.values()].flat();
  const document = JSON.parse(JSON.stringify(openApiDocument(apis))) as Json;
  const operations = Object.values(at(document, "#/paths") as Json).map((item) => (item as { post: Json }).post);

  test("lists every route once under a unique operation id", () => {
    expect(Object.keys(at(document, "#/paths") as Json)).toEqual(
      routes.map(({ paths }) => paths[0].replace(":id", "{id}")),
    );
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(routes.length);
  });

  test("contains the target of every reference", () => {
    const refs = [...partsOf(document)].flatMap(({ $ref }) => (typeof $ref === "string" ? [$ref] : []));
    expect(refs.length).toBeGreaterThan(0);
    for (const ref of refs) expect([ref, typeof at(document, ref)]).toEqual([ref, "object"]);
    const security = operations.flatMap((operation) => (operation["security"] as Json[]).flatMap(Object.keys));
    for (const name of security) expect(at(document, `#/components/securitySchemes/${name}`)).toBeDefined();
  });

  test("is JSON Schema 2020-12 with legal component names and without definitions inside schemas", () => {
    // The default dialect of OpenAPI 3.1 is based on 2020-12. Swagger UI warns about any other.
    expect(document).toMatchObject({ openapi: expect.stringMatching(/^3\.1\./) as string });
    expect(document).not.toHaveProperty("jsonSchemaDialect");
    const names = Object.keys(at(document, "#/components/schemas") as Json);
    for (const name of names) expect(name).toMatch(/^[\w.-]+$/);
    for (const part of partsOf(at(document, "#/components/schemas")))
      expect(Object.keys(part).filter((key) => ["$defs", "$schema", "definitions", "nullable"].includes(key))).toEqual(
        [],
      );
  });

  test("describes every status that a route responds with", () => {
    const statusesOf = operations.map(({ responses }) => Object.keys(responses as Json));
    for (const statuses of statusesOf) expect(statuses.slice(1)).toEqual(["400", "401", "413", "415", "503"]);
    expect(new Set(statusesOf.map(([accepted]) => accepted))).toEqual(new Set(["200", "202"]));
  });

  test("contains none of the secrets that the routes were created with", () => {
    for (const secret of [...Object.values(environment), ...noteApi.apiKeys])
      expect(JSON.stringify(document)).not.toContain(secret);
  });
});

test("a body is described as callers send it, and each authentication scheme as such", () => {
  const document = openApiDocument(new Map([["notes", [notes, trees]]]));
  const schemas = at(document, "#/components/schemas") as Record<string, { properties: Json }>;
  expect(schemas["NotesSendRequest"]?.properties["message"]).toMatchObject({ description: "The text of the note." });
  expect(schemas["NotesTreesRequest"]?.properties).toMatchObject({
    first: { $ref: "#/components/schemas/NotesTreesRequest.Line" },
    code: { pattern: "^\\p{L}+$" },
    at: { type: "string", format: "date-time" },
    branches: { items: { $ref: "#/components/schemas/NotesTreesRequest" } },
  });
  const send = at(document, "#/paths/~1api~1integrations~1notes~1send/post") as Json;
  expect(send["security"]).toEqual([{ apiKey: [] }]);
  expect(send["description"]).toContain("`/api/notes/send`");
  const own = at(document, "#/paths/~1api~1integrations~1notes~1trees/post") as Json;
  expect(own["security"]).toEqual([{ callbackSignature: [] }]);
  expect(own["description"]).toContain("`X-Stamp`");
});

test("the document shows the examples of each route with their summaries", () => {
  const document = openApiDocument(new Map([["notes", [notes]]]));
  const body = "requestBody/content/application~1json/examples";
  expect(at(document, `#/paths/~1api~1integrations~1notes~1send/post/${body}`)).toEqual({
    "example-1": { summary: "A text", value: notes.examples[0].body },
    "example-2": { summary: "A list", value: notes.examples[1]?.body },
  });
});

test("a path parameter is a parameter of its operation and not part of the operation id", () => {
  const document = openApiDocument(new Map([["notes", [pins, notes]]]));
  const pin = at(document, "#/paths/~1api~1notes~1{id}~1pin/post") as Json;
  expect(pin["operationId"]).toBe("NotesPin");
  const schema = { type: "string", format: "uuid", description: "The id of the note." };
  expect(pin["parameters"]).toContainEqual(expect.objectContaining({ name: "id", in: "path", required: true, schema }));
  expect(at(document, "#/paths/~1api~1integrations~1notes~1send/post/parameters")).toHaveLength(1);
});

/** The part of the document that a JSON pointer in a fragment addresses. */
function at(document: unknown, ref: string): unknown {
  const keys = ref
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return keys.reduce((part, key) => (part as Json | undefined)?.[key], document);
}

/** Every object inside a part of the document. */
function* partsOf(part: unknown): Generator<Json> {
  if (typeof part !== "object" || part === null) return;
  if (!Array.isArray(part)) yield part as Json;
  for (const value of Object.values(part)) yield* partsOf(value);
}
