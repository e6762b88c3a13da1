import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Home, prepareHome } from "./home.ts";
import { type Owner, postgresOwner } from "./owner.ts";

/** A running embedded Postgres. */
export type EmbeddedPostgres = {
  /** The URL of the superuser. The password is no secret, because Postgres listens on 127.0.0.1 only. */
  url: string;
  /** The data folder. */
  dataFolder: string;
  /** Stops Postgres after its checkpoint. */
  stop(): Promise<void>;
};

/** Options of an embedded Postgres. */
export type EmbeddedPostgresOptions = {
  /** The folder for the data, which later starts reuse; created when it does not exist. */
  folder: string;
  port: number;
  /** Settings of postgresql.conf in addition to the defaults. */
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
 * Starts a real Postgres on its own data folder, also as root and in a folder that only root can enter.
 * @throws Error with one line that contains the remedy
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const owner = postgresOwner();
  const home = prepareHome(options.folder, owner);
  await stopLeftover(home);
  if (!existsSync(join(home.data, "PG_VERSION"))) await initialise(home, owner);
  const process = await launch(home, owner, options);
  return {
    url: `postgres://millrace:millrace@127.0.0.1:${options.port}/postgres`,
    dataFolder: home.data,
    stop: () => stop(process),
  };
}

async function initialise({ programs, data }: Home, owner: Owner | undefined): Promise<void> {
  const args = ["--pgdata", data, "--username=millrace", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
  try {
    await promisify(execFile)(join(programs, "bin", "initdb"), args, { ...owner, cwd: "/" });
  } catch (error) {
    throw new Error(
      `Postgres could not create its data folder ${data}: ${lastLine(error instanceof Error && "stderr" in error ? String(error.stderr) : "")}`,
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
  // In its own process group, so that Ctrl-C in the terminal stops this process, which then stops Postgres.
  const child = spawn(join(programs, "bin", "postgres"), ["-D", data, "-p", String(port), ...flags], {
    ...owner,
    cwd: "/",
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  return new Promise((resolve, reject) => {
    let output = "";
    const timer = setTimeout(() => child.kill("SIGQUIT"), DEADLINE_MS);
    const failed = () => reject(new Error(`Postgres did not start on ${data}: ${lastLine(output)}`));
    child.once("error", failed);
    child.once("exit", failed);
    child.stderr?.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-10_000);
      // A standby is ready to accept read-only connections.
      if (!/ready to accept (read-only )?connections/.test(output)) return;
      clearTimeout(timer);
      child.off("exit", failed);
      resolve(child);
    });
  });
}

/** Stops a Postgres that a killed process left running on this data, because a second one would refuse to start. */
async function stopLeftover({ data }: Home): Promise<void> {
  const file = join(data, "postmaster.pid");
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8").split("\n", 1)[0]);
  const until = Date.now() + DEADLINE_MS;
  while (commandOf(pid).includes(data) && Date.now() < until) {
    process.kill(pid, "SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Returns the command line of a process; empty when there is none. After a restart of the machine another process may have
 * the same pid.
 */
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
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGINT");
  const timer = setTimeout(() => child.kill("SIGQUIT"), DEADLINE_MS);
  await exited;
  clearTimeout(timer);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "it printed nothing";
}
