/** The name of a table or index as SQL writes it, with or without its schema and quotes. */
export const NAME = String.raw`((?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?)`;

/** A migration file as its statements. */
export type ParsedMigration = {
  /** The file as the check reports it. */
  file: string;
  /** Whether the statements run in one transaction. The first line of a file excludes that. */
  inTransaction: boolean;
  /** Without comments, with single spaces, and without the semicolon. */
  statements: readonly string[];
  /** The tables that the file itself creates: they have no rows. */
  created: ReadonlySet<string>;
};

/** Splits a migration into its statements. The body of a function or a `do` block stays in one piece. */
export function parseMigration(file: string, text: string): ParsedMigration {
  const statements = text
    .split("--> statement-breakpoint")
    .flatMap((chunk) => (chunk.includes("$") ? [chunk] : chunk.split(";")))
    .map((statement) => statement.replaceAll(/--.*$/gm, "").replaceAll(/\s+/g, " ").trim().replace(/;$/, ""))
    .filter((statement) => statement !== "");
  const created = statements.flatMap(
    (statement) => new RegExp(`^create (?:unlogged )?table (?:if not exists )?${NAME}`, "i").exec(statement)?.[1] ?? [],
  );
  return {
    file,
    inTransaction: !text.startsWith("-- millrace: no transaction\n"),
    statements,
    created: new Set(created.map(bareName)),
  };
}

/** Returns a name without its schema and quotes. */
export function bareName(name: string): string {
  return (name.split(".").at(-1) ?? "").replaceAll('"', "").toLowerCase();
}

/** Splits at the commas outside of parentheses: the actions of one `alter table`. */
export function splitActions(text: string): string[] {
  let depth = 0;
  const actions = [""];
  for (const character of text) {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (character === "," && depth === 0) actions.push("");
    else actions[actions.length - 1] += character;
  }
  return actions.map((action) => action.trim());
}
