import { expect, test } from "vitest";
import { lockProblems, migrationLocks } from "./migration-locks.ts";

/** The problems of one file. */
const problemsOf = (...statements: string[]) => checkFiles(statements.join(";--> statement-breakpoint\n"));
/** The problems of one file without a transaction. */
const outside = (...statements: string[]) =>
  checkFiles(`-- millrace: no transaction\n${statements.join(";--> statement-breakpoint\n")}`);
/** The problems of files that are applied one after the other. */
const checkFiles = (...texts: string[]) =>
  lockProblems(texts.map((text, index) => ({ file: `000${index + 1}.sql`, text })));

const BUILD = [
  'DROP INDEX CONCURRENTLY IF EXISTS "messages_body"',
  'CREATE INDEX CONCURRENTLY "messages_body" ON "messages" USING btree ("body")',
];

test("an index on an existing table is built concurrently, outside of a transaction, after what an interruption left", () => {
  expect(problemsOf('CREATE INDEX "messages_body" ON "messages" USING btree ("body")')).toEqual([
    '0001.sql: create index "messages_body" concurrently: messages has rows',
  ]);
  expect(problemsOf('CREATE UNIQUE INDEX "one" ON "millrace"."dead_letters" ("id")')).toHaveLength(1);
  expect(problemsOf(...BUILD)).toEqual([
    '0001.sql: begin the file with "-- millrace: no transaction": it has a concurrent index',
  ]);
  expect(outside(...BUILD.slice(1))).toEqual([
    '0001.sql: drop index concurrently if exists "messages_body" first: an interrupted build leaves it invalid',
  ]);
  expect(outside(...BUILD)).toEqual([]);
});

test("a table that the same file creates is exempt", () => {
  const create = 'CREATE TABLE "millrace"."new_ones" (\n\t"id" uuid PRIMARY KEY NOT NULL,\n\t"name" text\n)';
  const changes = [
    'CREATE INDEX "new_ones_name" ON "millrace"."new_ones" ("name")',
    'ALTER TABLE "millrace"."new_ones" ADD CONSTRAINT "fk" FOREIGN KEY ("id") REFERENCES "messages"("id") ON UPDATE no action',
    'ALTER TABLE "millrace"."new_ones" ADD COLUMN "other" text NOT NULL',
    'UPDATE "millrace"."new_ones" SET "name" = 1',
  ];
  expect(problemsOf(create, ...changes)).toEqual([]);
  expect(problemsOf(...changes)).toHaveLength(4);
});

test("a constraint on an existing table is added without a scan, and validated in another transaction", () => {
  const add = (suffix: string) =>
    `ALTER TABLE "leads" ADD CONSTRAINT "leads_kind" CHECK ("kind" in ('a', 'b'))${suffix}`;
  const validate = 'ALTER TABLE "leads" VALIDATE CONSTRAINT "leads_kind"';
  for (const constraint of [
    'UNIQUE("a")',
    'PRIMARY KEY("a")',
    'FOREIGN KEY ("a") REFERENCES "b"("id")',
    "CHECK (a > 0)",
  ])
    expect(problemsOf(`ALTER TABLE "leads" ADD CONSTRAINT "new_one" ${constraint}`)).toEqual([
      '0001.sql: leads: add the constraint "not valid" or "using index"',
    ]);
  expect(problemsOf(add(""))).toHaveLength(1);
  expect(problemsOf('ALTER TABLE "leads" DROP CONSTRAINT "leads_kind", ADD CHECK (a > 0)')).toHaveLength(1);
  expect(problemsOf(add(" NOT VALID"))).toEqual(["0001.sql: no migration validates leads_kind"]);
  expect(problemsOf(add(" NOT VALID"), validate)).toEqual([
    '0001.sql: validate "leads_kind" in another transaction than the one that adds it',
  ]);
  expect(outside(add(" NOT VALID"), validate)).toEqual([]);
  expect(checkFiles(add(" NOT VALID"), validate)).toEqual([]);
  expect(problemsOf('ALTER TABLE "leads" ADD CONSTRAINT "one" UNIQUE USING INDEX "one"')).toEqual([]);
});

test("a column of an existing table does not change its type", () => {
  for (const change of ['ALTER COLUMN "body" SET DATA TYPE varchar(10)', 'ALTER COLUMN "body" TYPE int USING 1'])
    expect(problemsOf(`ALTER TABLE "messages" ${change}`)).toMatchObject([
      expect.stringContaining("rewrites the table"),
    ]);
});

test("a new column that is not null has a default, the same for all rows", () => {
  const add = (column: string) => problemsOf(`ALTER TABLE "messages" ADD COLUMN "new_one" ${column}`);
  for (const column of [
    "text NOT NULL",
    "uuid NOT NULL DEFAULT gen_random_uuid()",
    "uuid DEFAULT gen_random_uuid()",
    "timestamp with time zone DEFAULT clock_timestamp() NOT NULL",
    "bigserial",
    "bigint GENERATED ALWAYS AS IDENTITY",
    "text GENERATED ALWAYS AS (lower(body)) STORED",
    "uuid REFERENCES public.tenants(id)",
    "text UNIQUE",
    "int CHECK (new_one > 0)",
  ])
    expect(add(column)).toHaveLength(1);
  for (const column of [
    "text",
    "jsonb",
    "numeric(10, 2) DEFAULT 0 NOT NULL",
    "text NOT NULL DEFAULT 'google'",
    "timestamp with time zone DEFAULT now() NOT NULL",
  ])
    expect(add(column)).toEqual([]);
});

test("an existing column becomes not null only after a validated check", () => {
  const set = 'ALTER TABLE "messages" ALTER COLUMN "body" SET NOT NULL';
  const check = 'ALTER TABLE "messages" ADD CONSTRAINT "messages_body_not_null" CHECK ("body" is not null) NOT VALID';
  const validate = 'ALTER TABLE "messages" VALIDATE CONSTRAINT "messages_body_not_null"';
  expect(problemsOf(set)).toHaveLength(1);
  expect(outside(check, validate, set)).toEqual([]);
  expect(outside(check, set, validate)).toHaveLength(1);
});

test("rows of a large table change in batches that commit", () => {
  const batches = 'do $$ begin loop update "messages" set body = null; exit when not found; commit; end loop; end $$';
  for (const statement of [
    'UPDATE "messages" SET "body" = null',
    'UPDATE ONLY "public"."messages" AS m SET "body" = null WHERE true',
    'DELETE FROM "millrace"."webhook_events"',
    'WITH old AS (SELECT 1) DELETE FROM "messages"',
    batches,
  ])
    expect(problemsOf(statement)).toHaveLength(1);
  expect(outside(batches)).toEqual([]);
  expect(problemsOf('UPDATE "millrace"."provider_accounts" SET "name" = null')).toEqual([]);
  expect(problemsOf("CREATE TRIGGER one BEFORE UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION f()")).toEqual([]);
});

test("comments do not count, and neither do changes of a definition", () => {
  expect(
    problemsOf('-- UPDATE "messages" SET body = null\nALTER TABLE "messages" ALTER COLUMN "body" DROP NOT NULL'),
  ).toEqual([]);
  expect(problemsOf('ALTER TABLE "messages" DROP COLUMN "body", ALTER COLUMN "type" SET DEFAULT 1')).toEqual([]);
});

test("the migrations of this version follow the rules", () => {
  expect(migrationLocks()).toEqual([]);
});
