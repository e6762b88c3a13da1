import { catalogue } from "./catalogue.ts";
import { command } from "./command.ts";
import { directions } from "./package-directions.ts";
import { documents } from "./documents.ts";
import { imports } from "./imports.ts";
import { lengths } from "./file-lengths.ts";
import { lockfile } from "./lockfile.ts";
import { migrationLocks } from "./migration-locks.ts";
import { migrations } from "./migrations.ts";
import { prose } from "./prose.ts";
import type { Step } from "./step.ts";
import { variables } from "./variables.ts";

// `npm run check` runs every step, also after one that failed; `npm run check -- prose` runs the steps with "prose" in
// their name. The exit code is 1 when a step failed.
const allSteps: readonly Step[] = [
  { name: "format", run: () => command("oxfmt", "--check") },
  { name: "lint", run: () => command("oxlint") },
  { name: "types", run: () => command("tsc", "-p", "tsconfig.base.json") },
  { name: "unused files, exports and dependencies", run: () => command("knip", "--no-config-hints") },
  { name: "schema and migrations agree", run: migrations },
  { name: "migrations lock no large table", run: migrationLocks },
  { name: "packages depend in the right direction", run: directions },
  { name: "imports stay in their package", run: imports },
  { name: "one exact version of each dependency", run: catalogue },
  { name: "lockfile names no registry", run: lockfile },
  { name: "documents name what exists", run: documents },
  { name: "variables are documented", run: variables },
  { name: "files have at most 400 lines", run: lengths },
  { name: "prose has no words to avoid", run: prose },
];

const [wanted = ""] = process.argv.slice(2);
const steps = allSteps.filter(({ name }) => name.includes(wanted));
if (steps.length === 0) process.stdout.write(`No step has "${wanted}" in its name.\n`);

let failed = 0;
for (const { name, run } of steps) {
  const startedAt = performance.now();
  const problems = await run();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${problems.length === 0 ? "ok  " : "FAIL"}  ${name} (${seconds} s)\n`);
  for (const problem of problems) process.stdout.write(`${problem.replaceAll(/^/gm, "      ")}\n`);
  if (problems.length > 0) failed += 1;
}
process.stdout.write(`${steps.length - failed} of ${steps.length} checks passed\n`);
process.exit(failed === 0 && steps.length > 0 ? 0 : 1);
