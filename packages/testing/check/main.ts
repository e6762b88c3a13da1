import { catalogue } from "./catalogue.ts";
import { command } from "./command.ts";
import { directions } from "./directions.ts";
import { documents } from "./documents.ts";
import { imports } from "./imports.ts";
import { lengths } from "./lengths.ts";
import { lockfile } from "./lockfile.ts";
import { migrations } from "./migrations.ts";
import type { Step } from "./step.ts";
import { variables } from "./variables.ts";

// What `npm run check` does: every step runs, also after one that failed, and the exit code says whether all passed.
const steps: readonly Step[] = [
  { name: "format", run: () => command("oxfmt", "--check") },
  { name: "lint", run: () => command("oxlint") },
  { name: "types", run: () => command("tsc", "-p", "tsconfig.base.json") },
  { name: "unused files, exports and dependencies", run: () => command("knip", "--no-config-hints") },
  { name: "schema and migrations agree", run: migrations },
  { name: "packages depend in the right direction", run: directions },
  { name: "imports stay in their package", run: imports },
  { name: "one exact version of each dependency", run: catalogue },
  { name: "lockfile names no registry", run: lockfile },
  { name: "documents name what exists", run: documents },
  { name: "variables are documented", run: variables },
  { name: "file lengths", run: lengths },
];

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
process.exit(failed === 0 ? 0 : 1);
