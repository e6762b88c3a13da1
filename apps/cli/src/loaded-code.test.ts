import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** Returns the packages that a file imports before its first statement runs, directly or through other files. */
function packagesOf(file: URL, seen = new Set<string>()): string[] {
  if (seen.has(file.href)) return [];
  seen.add(file.href);
  const imports = readFileSync(file, "utf8").matchAll(/^import (?!type )(?:[^;]*? from )?"([^"]+)";/gm);
  const packages = [...imports].flatMap(([, name = ""]) =>
    name.startsWith(".") ? packagesOf(new URL(name, file), seen) : [name],
  );
  return [...new Set(packages)].filter((name) => !name.startsWith("node:")).sort();
}

const packagesIn = (path: string) => packagesOf(new URL(path, import.meta.url));

test("the program loads the code of a command only when the command runs", () => {
  expect(packagesIn("./main.ts")).toEqual(["@millrace/db/drizzle-resolution", "commander"]);
});

test.each([
  "./accounts/accounts.ts",
  "./contacts/find.ts",
  "./conversations/list.ts",
  "./conversions/conversions.ts",
  "./dead-letters/list.ts",
  "./dead-letters/show.ts",
  "./operators/operators.ts",
  "./pauses/pauses.ts",
])("%s, which reads Postgres only, loads neither the queue nor the integrations", (path) => {
  expect(packagesIn(path)).toContain("@millrace/db");
  expect(packagesIn(path)).not.toContain("@millrace/queue");
  expect(packagesIn(path)).not.toContain("@millrace/integrations");
});
