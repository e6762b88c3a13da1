import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Home, prepareHome } from "./home.ts";
import { type Owner, postgresOwner } from "./owner.ts";

/** A Postgres of our own that is running. */
export type EmbeddedPostgres = {
  /** For user and database of the cluster; the password is no secret, it listens on 127.0.0.1 alone. */
  url: string;
  /** Where its data is. */
  dataFolder: string;
  /** Ends it, waiting for its checkpoint. */
  stop(): Promise<void>;
};

/** What to start. */
export type EmbeddedPostgresOptions = {
  /** Kept between starts; made when there is none. */
  folder: string;
  port: number;
  /** Settings of postgresql.conf beyond the defaults. */
  settings?: Readonly<Record<string, string>>;
};

const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  log_min_messages: "warning",
  timezone: "UTC",
};

/** How long a start or a stop may take, in ms. */
const DEADLINE_MS = 30_000;

/**
 * Starts a real Postgres on its own data folder, also as root, also in a folder that only root may enter.
 * @throws Error with one line that says what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const owner = postgresOwner();
  const home = prepareHome(options.folder, owner);
  await endLeftover(home);
  if (!existsSync(join(home.data, "PG_VERSION"))) await initialise(home, owner);
  const process = await launch(home, owner, options);
  return {
    url: `postgres://millrace:millrace@127.0.0.1:${options.port}/postgres`,
    dataFolder: home.data,
    stop: () => end(process),
  };
}

async function initialise({ programs, data }: Home, owner: Owner | undefined): Promise<void> {
  const args = ["--pgdata", data, "--username=millrace", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
  try {
    await promisify(execFile)(join(programs, "bin", "initdb"), args, { ...owner, cwd: "/" });
  } catch (error) {
    throw new Error(
      `Postgres could not make its data folder ${data}: ${lastLine(error instanceof Error && "stderr" in error ? String(error.stderr) : "")}`,
      { cause: error },
    );
  }
}

function launch(
  { programs, data }: Home,
  owner: Owner | undefined,
  { port, settings }: EmbeddedPostgresOptions,
): Promise<ChildProcess> {
  const flags = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  // In a process group of its own, so that Ctrl-C in the terminal ends us first and Postgres when we say so.
  const child = spawn(join(programs, "bin", "postgres"), ["-D", data, "-p", String(port), ...flags], {
    ...owner,
    cwd: "/",
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => child.kill("SIGQUIT"), DEADLINE_MS);
    const failed = () => reject(new Error(`Postgres did not start on ${data}: ${lastLine(said)}`));
    child.once("error", failed);
    child.once("exit", failed);
    child.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-10_000);
      if (!said.includes("ready to accept connections")) return;
      clearTimeout(timer);
      child.off("exit", failed);
      resolve(child);
    });
  });
}

/** Ends a Postgres that a killed run left behind on this data; Postgres itself would refuse to start beside it. */
async function endLeftover({ data }: Home): Promise<void> {
  const file = join(data, "postmaster.pid");
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8").split("\n", 1)[0]);
  const until = Date.now() + DEADLINE_MS;
  while (commandOf(pid).includes(data) && Date.now() < until) {
    process.kill(pid, "SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The command line of a process; empty when there is none. After a restart of the machine the number may be another's. */
function commandOf(pid: number): string {
  try {
    return process.platform === "linux"
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8")
      : execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  } catch {
    return "";
  }
}

/** SIGINT is Postgres's fast shutdown: https://www.postgresql.org/docs/current/server-shutdown.html */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGINT");
  const timer = setTimeout(() => child.kill("SIGQUIT"), DEADLINE_MS);
  await exited;
  clearTimeout(timer);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "it said nothing";
}
