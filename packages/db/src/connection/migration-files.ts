import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../migrations/", import.meta.url));

/** The first line of a migration with statements that do not run in one transaction. docs/upgrading.md has the rules. */
const NO_TRANSACTION = "-- millrace: no transaction\n";

/** One file of packages/db/migrations. */
export type Migration = {
  /** The file's name without `.sql`. */
  name: string;
  statements: readonly string[];
  /** Whether all statements run in one transaction, or each in its own. */
  inTransaction: boolean;
  /** When the migration was written, in ms since 1970. Drizzle identifies an applied migration by it. */
  createdAt: number;
  /** SHA-256 of the file in hex, as Drizzle records it. */
  hash: string;
};

let migrations: readonly Migration[] | undefined;

/** Returns the migrations in the order of Drizzle's journal. Reads them once: a running process keeps its version. */
export function readMigrations(): readonly Migration[] {
  migrations ??= readFiles();
  return migrations;
}

function readFiles(): Migration[] {
  const journal = JSON.parse(readFileSync(`${folder}meta/_journal.json`, "utf8")) as {
    entries: readonly { tag: string; when: number }[];
  };
  return journal.entries.map(({ tag, when }) => {
    const text = readFileSync(`${folder}${tag}.sql`, "utf8");
    return {
      name: tag,
      statements: text.split("--> statement-breakpoint"),
      inTransaction: !text.startsWith(NO_TRANSACTION),
      createdAt: when,
      hash: createHash("sha256").update(text).digest("hex"),
    };
  });
}
