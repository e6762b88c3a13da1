import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
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
  const sql = postgres(href, { max: 1, onnotice: () => undefined });
  await migrate(drizzle(sql), { migrationsFolder });
  await sql.end();
  const backend = openQueueBackend(href, "consumer", 1);
  await backend.migrate();
  await backend.close();
  await admin.unsafe(`alter database ${NAME} allow_connections false`);
  await admin.end();
  return NAME;
}
