// Runs the commands of npm's scripts. It installs the dependencies if they changed, finds a Node that runs TypeScript
// without a build, and starts the given command. It is plain JavaScript without dependencies, because it runs on Node 20.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PNPM = "pnpm@12.21.0";
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const installedFile = join(root, "node_modules", ".millrace-installed");

/** Prints what is wrong and what to do, and ends the process. */
function fail(message) {
  process.stderr.write(`millrace: ${message}\n`);
  process.exit(1);
}

/** Node strips types without a flag and without a warning from 24.12: https://nodejs.org/api/typescript.html */
function runsTypeScript() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 24 || (major === 24 && minor >= 12);
}

function install() {
  const lockfileHash = createHash("sha256")
    .update(readFileSync(join(root, "pnpm-lock.yaml")))
    .digest("hex");
  if (existsSync(installedFile) && readFileSync(installedFile, "utf8") === lockfileHash) return;
  process.stderr.write("millrace: installing dependencies (once, about half a minute)\n");
  const { status, error } = spawnSync("npx", ["--yes", PNPM, "install", "--frozen-lockfile"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (error) fail(`npx cannot run (${error.code}): install npm, which comes with Node`);
  if (status !== 0)
    fail(
      "the installation of the dependencies failed; the lines above show the reason, for example no network or a folder that is not writable",
    );
  try {
    writeFileSync(installedFile, lockfileHash);
  } catch (cause) {
    fail(`cannot write ${installedFile} (${cause.code}): make the folder writable for this user`);
  }
}

if (Number(process.versions.node.split(".")[0]) < 20)
  fail(`Node ${process.versions.node} is too old: install Node 20 or newer`);
install();

const bin = join(root, "node_modules", ".bin");
const node = runsTypeScript() ? process.execPath : join(root, "node_modules", "node", "bin", "node");
if (!existsSync(node))
  fail(`the npm package "node" has no Node for ${process.platform}-${process.arch}: install Node 24.12 or newer`);
const [command, ...args] = process.argv.slice(2);
const [file, ...fileArgs] =
  command === "millrace"
    ? [node, join(root, "apps/cli/src/main.ts"), ...args]
    : command === "node"
      ? [node, ...args]
      : [join(bin, command), ...args];

const child = spawn(file, fileArgs, {
  stdio: "inherit",
  cwd: command === "millrace" ? process.cwd() : root,
  env: { ...process.env, PATH: `${dirname(node)}:${bin}:${process.env.PATH}` },
});
// The terminal sends Ctrl-C to the child too. A signal that only this process receives is forwarded to the child.
process.on("SIGINT", () => undefined);
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (cause) => fail(`cannot run ${file}: ${cause.code}`));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
