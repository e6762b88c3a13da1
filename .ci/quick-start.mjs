// Runs the README's quick start as a reader would: `npm start`, the commands of the README, Ctrl-C.
// It is plain JavaScript without dependencies, because it runs on the machine's own Node.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { commandLine, freePort, isFree, marked, tryKill } from "./processes.mjs";

const START_DEADLINE_MS = 180_000; // The first start installs dependencies and creates a database, perhaps on a slow disk.
const WORK_DEADLINE_MS = 60_000; // Jobs that meet an error of the sandbox wait some seconds before their retry.
const STOP_DEADLINE_MS = 45_000; // The worker stops within 25 s. Postgres then writes a checkpoint.

const root = fileURLToPath(new URL("..", import.meta.url));
// Every process that this script starts inherits the mark in its environment, so that none is missed at the end.
const mark = randomUUID();
const ports = {
  ingest: await freePort(),
  dashboard: await freePort(),
  sandbox: await freePort(),
  worker: await freePort(),
};
const environment = {
  ...process.env,
  MILLRACE_QUICK_START: mark,
  ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [`${name.toUpperCase()}_PORT`, String(port)])),
};

for (const [file, reason] of [
  [
    ".env",
    "exists: it may name your own servers and accounts, and samples must not reach them. Run CI in a fresh clone",
  ],
  [".millrace/running.env", "exists: Millrace runs in this folder. Stop it, or delete the file if it crashed"],
])
  if (existsSync(join(root, file))) fail(`${file} ${reason}`);

const readme = readmeCommands();
for (const command of [
  "npm start",
  "npm run millrace -- send whatsapp text",
  "npm run millrace -- status",
  "npm run millrace -- send n8n takeover conversationId=<id>",
])
  if (!readme.includes(command)) fail(`No \`\`\`sh block of README.md has the line: ${command}`);

// It has its own process group, so that SIGINT reaches the whole group, as Ctrl-C in a terminal does.
const started = spawn("npm", ["start"], {
  cwd: root,
  env: environment,
  detached: true,
  stdio: ["ignore", "pipe", "pipe"],
});
const exited = new Promise((resolve) => started.once("exit", resolve));
let screen = "";
for (const stream of [started.stdout, started.stderr]) stream.on("data", (chunk) => (screen += chunk));
try {
  await until("npm start to show that Millrace runs", START_DEADLINE_MS, () => {
    if (started.exitCode !== null) throw new Error(`npm start exited with ${started.exitCode}`);
    return screen.includes("Millrace runs") && screen.includes("-- status");
  });
  report(`npm start: ${/ready in [\d.]+ s/.exec(screen)?.[0]}`);

  const before = await counts();
  const sends = screen.match(/npm run millrace -- send \S+ \S+/g) ?? [];
  const sent = Object.fromEntries(Object.keys(before).map((id) => [id, 0]));
  for (const command of sends) {
    await run(command);
    sent[sampleOf(command)] += 1;
    report(command);
  }
  const answers = await until("the AI's answers in the chats", WORK_DEADLINE_MS, async () => {
    const texts = await chats();
    return (
      ["whatsapp", "telegram"].every((channel) => texts.some((text) => text.startsWith(`${channel}: You wrote`))) &&
      texts
    );
  });
  report(`the sandbox shows ${answers.length} answers`);
  for (const line of readme.filter((command) => /^(?:npm run millrace -- |curl )/.test(command))) {
    const command = line.replace("<id>", await whatsappConversation());
    if (command.startsWith("curl ")) await runInShell(command);
    else await run(command);
    if (command.includes("broken-page"))
      await until("the lead of an unassigned page to become a dead letter", WORK_DEADLINE_MS, hasDeadLetter);
    if (command.includes(" -- send ")) sent[sampleOf(command)] += 1;
    report(`${line} (README)`);
  }
  for (const [id, count] of Object.entries(sent))
    if (count === 0) throw new Error(`neither npm start nor the README shows a sample of ${id}`);
  const after = await until("every sample to be done", WORK_DEADLINE_MS, async () => {
    const now = await counts();
    const isDone = Object.entries(sent).every(
      ([id, count]) => now[id].waiting + now[id].inFlight === 0 && now[id].done - before[id].done >= count,
    );
    return isDone && now;
  });
  for (const [id, { dead }] of Object.entries(after))
    if (dead > before[id].dead) throw new Error(`a sample of ${id} became a dead letter: ${JSON.stringify(after)}`);
  report(`npm run millrace -- status: ${JSON.stringify(after)}`);
  const texts = await chats();
  if (!texts.includes("whatsapp: Yes, until six.")) throw new Error(`no chat has the reply: ${texts.join(" | ")}`);
  if (texts.some((text) => text.includes("Can I pick it up today?")))
    throw new Error("the AI answered after the takeover");
  report("the reply is in the chat, and the AI did not answer after the takeover");
  const reported = await until("every conversion to be processed", WORK_DEADLINE_MS, async () => {
    const { days } = JSON.parse(await run("npm run --silent millrace -- conversions --json"));
    return days.length > 0 && days.every(({ status }) => status === "processed") && days;
  });
  report(`npm run millrace -- conversions: ${JSON.stringify(reported)}`);

  const [, user, password] = /sign in as (\S+) with (\S+)/.exec(screen) ?? [];
  const signIn = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  await requestDashboard("dashboard without password", 401, {});
  await requestDashboard("dashboard with a wrong password", 401, {
    Authorization: `Basic ${Buffer.from(`${user}:wrong`).toString("base64")}`,
  });
  await requestDashboard("dashboard with password", 200, { Authorization: signIn });
  await stop();
  report("Ctrl-C: every process ended");
} catch (error) {
  for (const pid of marked(mark)) tryKill(pid);
  fail(`${error.message}\nnpm start printed:\n${screen.replaceAll(/(sign in as \S+ with) \S+/g, "$1 …")}`);
}

async function stop() {
  process.kill(-Number(started.pid), "SIGINT");
  const late = wait(STOP_DEADLINE_MS, "late", { ref: false });
  if ((await Promise.race([exited, late])) === "late")
    throw new Error(`npm start still runs ${STOP_DEADLINE_MS} ms after SIGINT`);
  const left = marked(mark);
  if (left.length > 0)
    throw new Error(`processes still run: ${left.map((pid) => `${pid} ${commandLine(pid)}`).join(", ")}`);
  for (const port of Object.values(ports)) if (!(await isFree(port))) throw new Error(`port ${port} is still in use`);
}

/** Returns the lines of the README's sh blocks. A line that ends in a backslash is joined with the next one. */
function readmeCommands() {
  const blocks = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/^```sh\n([\s\S]*?)^```/gm)];
  return blocks.flatMap(([, block]) =>
    block
      .replaceAll(/\\\n\s*/g, "")
      .split("\n")
      .map((line) => line.replace(/\s+#.*$/, "").trim()),
  );
}

/** Returns the counts of events per integration, from `millrace status`. */
async function counts() {
  return JSON.parse(await run("npm run --silent millrace -- status --json")).integrations;
}

/** Returns the integration that a `millrace send` line names. */
function sampleOf(line) {
  return / -- send (?:(meta)-leads|(\S+))/.exec(line)?.slice(1).find(Boolean);
}

async function hasDeadLetter() {
  return JSON.parse(await run("npm run --silent millrace -- dead-letters list --json")).counts.dead > 0;
}

/** Returns the messages in the sandbox's chats, each as `whatsapp: Hello`. */
async function chats() {
  const response = await fetch(`http://127.0.0.1:${ports.sandbox}/_sent`);
  return (await response.json()).map(({ channel, text }) => `${channel}: ${text}`);
}

async function whatsappConversation() {
  const listed = JSON.parse(await run("npm run --silent millrace -- conversations --json"));
  return listed.find(({ channel }) => channel === "whatsapp").id;
}

/** Runs a command line, in which quotes keep words together. Resolves with its standard output. */
function run(line) {
  const [program, ...args] = line.match(/(?:"[^"]*"|[^\s"])+/g).map((word) => word.replaceAll('"', ""));
  return start(program, args, line);
}

async function start(program, args, line) {
  const child = spawn(program, args, { cwd: root, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let [out, errors] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (errors += chunk));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${line} exited with ${code}: ${errors || out}`);
  return out;
}

/** Runs a command with the secrets that `npm start` generated, as the README does. */
function runInShell(line) {
  const command = line.replace("curl", "curl --fail-with-body --silent").replace(":8080", `:${ports.ingest}`);
  return start("sh", ["-ec", `. .millrace/local.env; ${command}`], line);
}

/** Requests the dashboard and throws unless the answer has the status. */
async function requestDashboard(what, expected, headers) {
  const { status } = await fetch(`http://127.0.0.1:${ports.dashboard}/`, { headers });
  if (status !== expected) throw new Error(`${what}: ${status} instead of ${expected}`);
  report(`${what}: ${status}`);
}

async function until(what, deadlineMs, condition) {
  for (const deadline = Date.now() + deadlineMs; Date.now() < deadline; await wait(200)) {
    const value = await condition();
    if (value) return value;
  }
  throw new Error(`waited ${deadlineMs / 1000} s without success for ${what}`);
}

function report(line) {
  process.stdout.write(`  ${line}\n`);
}

function fail(line) {
  process.stderr.write(`quick start: ${line}\n`);
  process.exit(1);
}
