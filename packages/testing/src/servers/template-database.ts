import { fileURLToPath } from "node:url";
import { readMigrationFiles } from "drizzle-orm/migrator";
import postgres from "postgres";
import { openQueueBackend } from "@millrace/queue";

const NAME = "millrace_template";

const migrationsFolder = fileURLToPath(new URL("../../../db/migrations", import.meta.url));

/**
 * Creates the database that test databases are copied from, with the tables of Millrace and of BullMQ, and returns its
 * name. It runs the migrations itself because the tests of `@millrace/db` depend on this package. The template refuses
 * connections because Postgres does not copy a database that is in use.
 */
export async function createTemplateDatabase(server: string): Promise<string> {
  const admin = postgres(server, { max: 1, onnotice: () => undefined });
  await admin.unsafe(`create database ${NAME}`);
  const { href } = Object.assign(new URL(server), { pathname: `/${NAME}` });
  const sql = postgres(href, { max: 1, connection: { search_path: "public" }, onnotice: () => undefined });
  await migrate(sql);
  await sql.end();
  const backend = openQueueBackend(href, "consumer", 1);
  await backend.migrate();
  await backend.close();
  await admin.unsafe(`alter database ${NAME} allow_connections false`);
  await admin.end();
  return NAME;
}

/** Applies the migrations and records them as packages/db does, without its locks and transactions. */
async function migrate(sql: postgres.Sql): Promise<void> {
  await sql.unsafe("create schema drizzle");
  await sql.unsafe(
    "create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)",
  );
  for (const { sql: statements, hash, folderMillis } of readMigrationFiles({ migrationsFolder })) {
    for (const statement of statements) await sql.unsafe(statement);
    await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${folderMillis})`;
  }
}
