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
  /** Ends it as an orchestrator does; its exit code. */
  stop(): Promise<number | null>;
  /** All that it wrote. */
  output(): string;
};

/** Starts an app and waits until it is ready; rejects with what it said when it ends before. */
export async function startApp(name: "ingest" | "worker", environment: Record<string, string>): Promise<AppProcess> {
  const port = await freePort();
  const variables = { [`${name.toUpperCase()}_PORT`]: String(port), ...environment, PATH: process.env["PATH"] ?? "" };
  const child: ChildProcess = spawn(process.execPath, [`${root}apps/${name}/src/main.ts`], {
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
    child.kill(signal);
    return exited;
  };
  await until(`${name} is ready`, async () => {
    if (ended) throw new Error(`${name} ended: ${written}`);
    return (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok;
  });
  return {
    port,
    kill: async () => {
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
    output: () => written,
  };
}

/** Runs `millrace …` and gives what it printed. */
export async function millrace(args: readonly string[], environment: Record<string, string>): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [`${root}apps/cli/src/main.ts`, ...args], {
    env: { ...environment, PATH: process.env["PATH"] ?? "" },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}
