import { type ChildProcess, execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { NODE_FLAGS } from "@millrace/cli/node-flags";
import { freePort, until } from "../src/servers/index.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** One of Millrace's processes, started as in production. */
export type AppProcess = {
  pid: number;
  port: number;
  /** Ends the process with SIGKILL, as a crash does. */
  kill(): Promise<void>;
  /** Suspends the process with SIGSTOP until it is resumed or killed. */
  suspend(): void;
  resume(): void;
  /** Ends the process with SIGTERM, as an orchestrator does. Resolves with its exit code. */
  stop(): Promise<number | null>;
  /** Everything that the process has written to stdout and stderr. */
  output(): string;
};

/** Variables of every process: the path of the programs, and the folder where Node keeps compiled code for the next start. */
export const PROCESS_VARIABLES = {
  PATH: process.env["PATH"] ?? "",
  NODE_COMPILE_CACHE: `${root}node_modules/.cache/millrace`,
};

/** The main file of each app, and the path that answers once the app is ready. */
const APPS = {
  ingest: { main: "apps/ingest/src/main.ts", readiness: "/readyz" },
  dashboard: { main: "apps/dashboard/src/main.ts", readiness: "/readyz" },
  worker: { main: "apps/worker/src/main.ts", readiness: "/readyz" },
  sandbox: { main: "packages/sandbox/src/main.ts", readiness: "/livez" },
};

/** Returns the path of an app's main file. */
export function appFile(name: keyof typeof APPS): string {
  return root + APPS[name].main;
}

/** Longest time until an app is ready on a busy machine, in ms. */
const READY_DEADLINE_MS = 120_000;

/**
 * Starts an app and waits until it is ready, at the port that the environment has for it or at a free one. If it ends
 * before, rejects with its output.
 */
export async function startApp(name: keyof typeof APPS, environment: Record<string, string>): Promise<AppProcess> {
  const { readiness } = APPS[name];
  const portVariable = `${name.toUpperCase()}_PORT`;
  const port = Number(environment[portVariable]) || (await freePort());
  const variables = { [portVariable]: String(port), ...environment, ...PROCESS_VARIABLES };
  const child: ChildProcess = spawn(process.execPath, [...NODE_FLAGS, appFile(name)], {
    env: variables,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let hasExited = false;
  void exited.then(() => (hasExited = true));
  const end = (signal: "SIGKILL" | "SIGTERM") => {
    if (!hasExited) child.kill(signal);
    return exited;
  };
  const isReady = async () => {
    if (hasExited) throw new Error(`${name} exited: ${output}`);
    return (await fetch(`http://127.0.0.1:${port}${readiness}`).catch(() => undefined))?.ok;
  };
  await until(`${name} is ready`, isReady, READY_DEADLINE_MS).catch(async (error: unknown) => {
    await end("SIGKILL");
    throw error;
  });
  return {
    pid: child.pid ?? 0,
    port,
    kill: async () => {
      await end("SIGKILL");
    },
    suspend: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    stop: () => end("SIGTERM"),
    output: () => output,
  };
}

/**
 * Runs `millrace …` in a process of its own, so that several commands can run at the same time. Resolves with its stdout.
 * Rejects with `code` and `stdout` if it fails.
 */
export async function millrace(args: readonly string[], environment: Record<string, string>): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [`${root}apps/cli/src/main.ts`, ...args], {
    env: { ...environment, ...PROCESS_VARIABLES },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}
