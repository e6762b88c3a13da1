import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { inject } from "vitest";

/** An empty database of a test file's own. */
export type TestDatabase = { url: string; drop(): Promise<void> };

/** Makes an empty database on the test server. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject("postgresUrl");
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await withServer(server, (sql) => sql.unsafe(`create database ${name}`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => withServer(server, (sql) => sql.unsafe(`drop database ${name} with (force)`)) };
}

async function withServer(url: string, use: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  await use(sql);
  await sql.end();
}
