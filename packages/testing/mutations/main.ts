import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../src/servers/index.ts";
import { type Mutation, mutations } from "./mutations.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * `npm run mutations [part of a guard]`: removes one guard after the other in a copy of the project, and runs the tests
 * that must fail. Ends with 1 when a mutation survives or when its text is not found.
 */
function main(): number {
  const [, , wanted = ""] = process.argv;
  const copy = copyProject();
  try {
    const results = mutations.filter(({ guard }) => guard.includes(wanted)).map((mutation) => tryOut(copy, mutation));
    const failed = results.filter((found) => !found).length;
    process.stdout.write(`${results.length - failed} of ${results.length} mutations are found\n`);
    return failed === 0 && results.length > 0 ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Copies the files that git knows, and links the installed packages. */
function copyProject(): string {
  const copy = temporaryFolder();
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], { cwd: root });
  for (const file of listed.toString().split("\0").filter(Boolean)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file), { force: true });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const manifests = listed
    .toString()
    .split("\0")
    .filter((file) => /^(?:apps|packages)\/[^/]+\/package\.json$/.test(file));
  // The links to packages of the workspace are relative, so they lead into the copy.
  for (const folder of manifests.map((file) => join(dirname(file), "node_modules")))
    cpSync(join(root, folder), join(copy, folder), { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** Runs the tests of a mutation. Returns whether they found it. */
function tryOut(copy: string, { guard, file, search, replacement, tests }: Mutation): boolean {
  const original = readFileSync(join(copy, file), "utf8");
  const parts = original.split(search);
  if (parts.length !== 2) {
    process.stdout.write(`MISSING   ${guard}: the text is ${parts.length - 1} times in ${file}\n`);
    return false;
  }
  writeFileSync(join(copy, file), parts.join(replacement));
  const arguments_ = ["run", "--root", ".", "--config", "packages/testing/vitest.config.ts", "--bail=1", ...tests];
  const { status, stdout } = spawnSync(join(copy, "node_modules/.bin/vitest"), arguments_, {
    cwd: copy,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  writeFileSync(join(copy, file), original);
  // A test run that could not start proves nothing.
  const failing = [...stdout.matchAll(/^ +× (.+?)(?: \d+ms)?$/gm)].map(([, name]) => name ?? "");
  const found = status !== 0 && failing.length > 0;
  process.stdout.write(`${found ? "found     " : "SURVIVED  "}${guard}\n`);
  for (const name of new Set(failing)) process.stdout.write(`            ${name}\n`);
  return found;
}

process.exit(main());
