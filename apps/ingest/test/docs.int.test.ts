import { afterAll, beforeAll, expect, test } from "vitest";
import { useTestDatabase } from "@millrace/testing";
import { type IngestServer, startIngest } from "./ingest-server.ts";
import { noteApi, notes } from "./fake-routes.ts";

const database = useTestDatabase();
let ingest: IngestServer;

beforeAll(async () => {
  ingest = await startIngest(database.url, {}, noteApi);
});
afterAll(() => ingest.close());

test("the OpenAPI document is public", async () => {
  const response = await fetch(`${ingest.url}/openapi.json`);
  expect(response.headers.get("content-type")).toBe("application/json");
  const document = (await response.json()) as { paths: Record<string, unknown> };
  expect(Object.keys(document.paths)).toContain(notes.paths[0]);
});

test("the page loads its files from this host, under a policy that forbids everything else", async () => {
  const response = await fetch(`${ingest.url}/docs`);
  expect(response.status).toBe(200);
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  const page = await response.text();
  expect(page).not.toMatch(/https?:|<script>|<style|style=|\son\w+=/);
  const names = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name]) => name ?? "");
  expect(names.length).toBeGreaterThan(3);
  for (const name of names) {
    const file = await fetch(new URL(name, `${ingest.url}/docs`));
    expect([name, file.status]).toEqual([name, 200]);
    expect(file.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(50);
  }
});

test("a file that the browser has cached is not sent again", async () => {
  const first = await fetch(`${ingest.url}/docs/swagger-ui-bundle.js`);
  await first.arrayBuffer();
  expect(first.headers.get("cache-control")).toContain("max-age");
  const again = await fetch(`${ingest.url}/docs/swagger-ui-bundle.js`, {
    headers: { "if-none-match": first.headers.get("etag") ?? "none" },
  });
  expect(again.status).toBe(304);
});

test("no other file is served", async () => {
  for (const path of ["package.json", "..%2f..%2fpackage.json", "index.html", "swagger-ui.css.map"])
    expect((await fetch(`${ingest.url}/docs/${path}`)).status).toBe(404);
});
