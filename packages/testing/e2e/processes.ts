import { type ChildProcess, execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort, until } from "../src/servers/index.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** One of Millrace's own processes, as it runs in production. */
export type AppProcess = {
  port: number;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Stops it where it stands, until it is thawed or ended. */
  freeze(): void;
  thaw(): void;
  /** Ends it as an orchestrator does; its exit code. */
  stop(): Promise<number | null>;
  /** All that it wrote. */
  output(): string;
};

/** Where each app is, and which of its paths answers once it is ready. */
const APPS = {
  ingest: { main: "apps/ingest/src/main.ts", readiness: "/readyz" },
  dashboard: { main: "apps/dashboard/src/main.ts", readiness: "/readyz" },
  worker: { main: "apps/worker/src/main.ts", readiness: "/readyz" },
  sandbox: { main: "packages/sandbox/src/main.ts", readiness: "/livez" },
};

/** A process among many on a busy machine takes its time. */
const READY_DEADLINE_MS = 60_000;

/** Starts an app and waits until it is ready; rejects with what it said when it ends before. */
export async function startApp(name: keyof typeof APPS, environment: Record<string, string>): Promise<AppProcess> {
  const { main, readiness } = APPS[name];
  const port = await freePort();
  const variables = { [`${name.toUpperCase()}_PORT`]: String(port), ...environment, PATH: process.env["PATH"] ?? "" };
  const child: ChildProcess = spawn(process.execPath, [`${root}${main}`], {
    env: variables,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let written = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (written += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let ended = false;
  void exited.then(() => (ended = true));
  const end = (signal: "SIGKILL" | "SIGTERM") => {
    if (!ended) child.kill(signal);
    return exited;
  };
  const isReady = async () => {
    if (ended) throw new Error(`${name} ended: ${written}`);
    return (await fetch(`http://127.0.0.1:${port}${readiness}`).catch(() => undefined))?.ok;
  };
  await until(`${name} is ready`, isReady, READY_DEADLINE_MS).catch(async (error: unknown) => {
    await end("SIGKILL");
    throw error;
  });
  return {
    port,
    kill: async () => {
      await end("SIGKILL");
    },
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    stop: () => end("SIGTERM"),
    output: () => written,
  };
}

/** Runs `millrace …`, given a text on stdin, and gives what it printed. */
export async function millrace(
  args: readonly string[],
  environment: Record<string, string>,
  input = "",
): Promise<string> {
  const running = promisify(execFile)(process.execPath, [`${root}apps/cli/src/main.ts`, ...args], {
    env: { ...environment, PATH: process.env["PATH"] ?? "" },
    maxBuffer: 64 * 1024 * 1024,
  });
  running.child.stdin?.end(input);
  return (await running).stdout;
}
