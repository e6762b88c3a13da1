// What npm's scripts run. Plain JavaScript for Node 20 without any dependency: it installs what is missing, finds a
// Node that runs TypeScript as it is, and hands over to the command it was given.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PNPM = "pnpm@12.21.0";
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const stamp = join(root, "node_modules", ".millrace-installed");

/** Ends the process with one line on what is wrong and what to do. */
function giveUp(line) {
  process.stderr.write(`millrace: ${line}\n`);
  process.exit(1);
}

/** Whether this Node strips types by itself: 24.12 and newer. https://nodejs.org/api/typescript.html */
function runsTypeScript() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 24 || (major === 24 && minor >= 12);
}

function install() {
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "pnpm-lock.yaml")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  process.stderr.write("millrace: installing dependencies (once, about half a minute)\n");
  const { status, error } = spawnSync("npx", ["--yes", PNPM, "install", "--frozen-lockfile"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (error) giveUp(`npx cannot be run (${error.code}): install npm, which comes with Node`);
  if (status !== 0)
    giveUp(
      "the dependencies could not be installed; the lines above say why (no network, a registry that refuses, a folder that cannot be written)",
    );
  try {
    writeFileSync(stamp, wanted);
  } catch (cause) {
    giveUp(`cannot write ${stamp} (${cause.code}): make the folder writable for this user`);
  }
}

if (Number(process.versions.node.split(".")[0]) < 20)
  giveUp(`Node ${process.versions.node} is too old: use 20 or newer`);
install();

const bin = join(root, "node_modules", ".bin");
const node = runsTypeScript() ? process.execPath : join(root, "node_modules", "node", "bin", "node");
if (!existsSync(node))
  giveUp(`the npm package "node" brought no Node for ${process.platform}-${process.arch}: install Node 24.12 or newer`);
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
// Ctrl-C reaches the child by itself, as all of the terminal's processes get it; a signal to this one alone is passed on.
process.on("SIGINT", () => undefined);
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (cause) => giveUp(`cannot run ${file}: ${cause.code}`));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
