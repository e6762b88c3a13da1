import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, inject } from "vitest";

/** A database that belongs to one suite or one test. */
export type TestDatabase = { url: string; drop(): Promise<void> };

/** What {@link useTestDatabase} prepares. */
export type TestDatabaseOptions = {
  /** Creates a database for each test instead of one for the whole suite. */
  perTest?: boolean;
  /** Creates a database without any table, for tests of the migrations. */
  empty?: boolean;
};

/**
 * Creates a migrated database before the tests of this file or `describe` block and drops it after them. The URL of a
 * suite's database is known at once, so that a pool can be opened beside the call; the URL of a `perTest` database can
 * be read in hooks and tests only. Call it first: vitest runs after-hooks in reverse order, so that every connection
 * is closed before the database is dropped.
 */
export function useTestDatabase({ perTest = false, empty = false }: TestDatabaseOptions = {}): {
  readonly url: string;
} {
  const server = inject("postgresUrl");
  const template = empty ? undefined : inject("templateDatabase");
  let name = databaseName();
  if (perTest) {
    beforeEach(() => {
      name = databaseName();
      return createDatabase(server, name, template);
    });
    afterEach(() => dropDatabase(server, name));
  } else {
    beforeAll(() => createDatabase(server, name, template));
    afterAll(() => dropDatabase(server, name));
  }
  return {
    get url() {
      return urlOf(server, name);
    },
  };
}

/** Creates a database with the tables of Millrace and of BullMQ. The caller drops it. */
export function createTestDatabase(): Promise<TestDatabase> {
  return create(inject("templateDatabase"));
}

/** Creates a database without any table, for tests of the migrations. The caller drops it. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return create();
}

async function create(template?: string): Promise<TestDatabase> {
  const server = inject("postgresUrl");
  const name = databaseName();
  await createDatabase(server, name, template);
  return { url: urlOf(server, name), drop: () => dropDatabase(server, name) };
}

function databaseName(): string {
  return `test_${randomUUID().replaceAll("-", "")}`;
}

function urlOf(server: string, name: string): string {
  return Object.assign(new URL(server), { pathname: `/${name}` }).href;
}

/** Copies the template file by file, which takes half the time of Postgres's default when there is no WAL to write. */
function createDatabase(server: string, name: string, template = "template1"): Promise<void> {
  return execute(server, `create database ${name} template ${template} strategy file_copy`);
}

function dropDatabase(server: string, name: string): Promise<void> {
  return execute(server, `drop database ${name} with (force)`);
}

async function execute(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}
