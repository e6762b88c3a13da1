import { basename } from "node:path";
import { bareName, NAME, type ParsedMigration, parseMigration, splitActions } from "./migration-statements.ts";
import { projectFiles, read } from "./project-files.ts";

/** Tables that a deployment keeps small, so that a migration may change all their rows in one statement. */
const SMALL_TABLES = new Set(
  "tenants, provider_accounts, api_keys, operators, pauses, leases, rate_limits, alerts, replays".split(", "),
);

/** Functions that return the same value for all rows of a statement. Any other default rewrites the table. */
const STABLE_FUNCTIONS = new Set(["now", "statement_timestamp", "transaction_timestamp"]);

/** What a migration may rely on: its own file, and the constraints that are validated so far. */
type Context = { migration: ParsedMigration; validated: ReadonlySet<string> };

/** No migration after the first locks a table with rows while it reads or writes all of them. */
export function migrationLocks(): string[] {
  const files = projectFiles()
    .filter((path) => /^packages\/db\/migrations\/[^/]+\.sql$/.test(path) && !basename(path).startsWith("0000_"))
    .toSorted();
  return lockProblems(files.map((path) => ({ file: path, text: read(path) })));
}

/** Returns the problems of migrations, which are in the order in which they are applied. */
export function lockProblems(files: readonly { file: string; text: string }[]): string[] {
  const validated = new Set<string>();
  const notValid = new Map<string, string>();
  const problems: string[] = [];
  for (const migration of files.map(({ file, text }) => parseMigration(file, text))) {
    const { file, inTransaction } = migration;
    for (const statement of migration.statements) {
      for (const problem of problemsOf(statement, { migration, validated })) problems.push(`${file}: ${problem}`);
      for (const action of alterOf(statement).actions) {
        const [, name] = new RegExp(`^add constraint ${NAME} .* not valid$`, "i").exec(action) ?? [];
        if (name !== undefined) notValid.set(bareName(name), file);
      }
      for (const [, name = ""] of statement.matchAll(new RegExp(`validate constraint ${NAME}`, "gi"))) {
        if (inTransaction && notValid.get(bareName(name)) === file)
          problems.push(`${file}: validate ${name} in another transaction than the one that adds it`);
        validated.add(bareName(name));
      }
    }
  }
  for (const [name, file] of notValid)
    if (!validated.has(name)) problems.push(`${file}: no migration validates ${name}`);
  return problems;
}

function problemsOf(statement: string, context: Context): string[] {
  return [
    ...indexProblems(statement, context),
    ...alterProblems(statement, context),
    ...dataProblems(statement, context),
  ];
}

function indexProblems(statement: string, { migration }: Context): string[] {
  const pattern = `^create (?:unique )?index (concurrently )?(?:if not exists )?${NAME} on (?:only )?${NAME}`;
  const [, concurrently, name = "", table = ""] = new RegExp(pattern, "i").exec(statement) ?? [];
  if (migration.created.has(bareName(table)) || name === "") return [];
  if (!concurrently) return [`create index ${name} concurrently: ${bareName(table)} has rows`];
  if (migration.inTransaction) return [`begin the file with "-- millrace: no transaction": it has a concurrent index`];
  const isDropped = migration.statements.some(
    (other) => bareName(/^drop index concurrently if exists (.*)$/i.exec(other)?.[1] ?? "") === bareName(name),
  );
  return isDropped ? [] : [`drop index concurrently if exists ${name} first: an interrupted build leaves it invalid`];
}

/** The table and the actions of an `alter table`; no action for any other statement. */
function alterOf(statement: string): { table: string; actions: string[] } {
  const pattern = `^alter table (?:if exists )?(?:only )?${NAME} (.*)$`;
  const [, table = "", actions] = new RegExp(pattern, "i").exec(statement) ?? [];
  return { table: bareName(table), actions: actions === undefined ? [] : splitActions(actions) };
}

function alterProblems(statement: string, context: Context): string[] {
  const { table, actions } = alterOf(statement);
  if (context.migration.created.has(table)) return [];
  return actions.flatMap((action) => {
    const problem = actionProblem(action, table, context);
    return problem === undefined ? [] : [`${table}: ${problem}`];
  });
}

function actionProblem(action: string, table: string, { validated }: Context): string | undefined {
  if (/^alter (column )?\S+ (set data )?type /i.test(action))
    return "a new type of a column rewrites the table: add a column, fill it in batches, and use it";
  const [, required] = /^alter (?:column )?(\S+) set not null/i.exec(action) ?? [];
  if (required !== undefined) {
    const check = `${table}_${bareName(required)}_not_null`;
    return validated.has(check) ? undefined : `validate a check ${check} before "set not null", which reads all rows`;
  }
  if (/^add (constraint \S+ )?(primary key|unique|check|foreign key|exclude)\b/i.test(action))
    return /not valid$| using index /i.test(action) ? undefined : 'add the constraint "not valid" or "using index"';
  return /^add /i.test(action) ? columnProblem(action) : undefined;
}

function columnProblem(action: string): string | undefined {
  const [, value] =
    /\bdefault (.+?)(?: not null\b| references\b| check\b| unique\b| generated\b|$)/i.exec(action) ?? [];
  if (/\b(references|check|unique|primary key)\b/i.test(action))
    return 'add the column first, and its constraint "not valid" or "using index"';
  if (/\bgenerated (always|by default) as\b|\b(small|big)?serial\b/i.test(action))
    return "a generated column rewrites the table: add a column, and fill it in batches";
  const calls = [...(value ?? "").matchAll(/(\w+) ?\(/g)].map(([, name = ""]) => name.toLowerCase());
  if (calls.some((name) => !STABLE_FUNCTIONS.has(name)))
    return "a default that differs per row rewrites the table: add the column without it, and fill it in batches";
  if (/\bnot null\b/i.test(action) && value === undefined)
    return "a column that is not null needs a default: the table has rows";
  return undefined;
}

function dataProblems(statement: string, { migration }: Context): string[] {
  if (!migration.inTransaction && /\bcommit\b/i.test(statement)) return [];
  const pattern = `\\bupdate (?:only )?${NAME}(?: (?:as )?\\w+)? set\\b|\\bdelete from (?:only )?${NAME}`;
  return [...statement.matchAll(new RegExp(pattern, "gi"))]
    .map(([, updated, deleted]) => bareName(updated ?? deleted ?? ""))
    .filter((table) => !SMALL_TABLES.has(table) && !migration.created.has(table))
    .map((table) => `change the rows of ${table} in batches that commit, in a file without a transaction`);
}
