import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { NODE_FLAGS } from "@millrace/cli/node-flags";
import { appFile, PROCESS_VARIABLES } from "../../e2e/processes.ts";

/** A process that starts again whenever it ends, as under an orchestrator. */
export type SupervisedApp = {
  port: number;
  kill(): void;
  terminate(): void;
  freeze(): void;
  resume(): void;
  /** Ends with SIGTERM and does not start again. Resolves with the exit code; null after SIGKILL, which follows after 30 s. */
  stop(): Promise<number | null>;
  /** The latest output. */
  output(): string;
  /** The last lines of each process that ended without a signal from here. */
  crashes(): readonly string[];
};

export type SupervisedAppOptions = {
  name: "ingest" | "worker";
  port: number;
  environment: Readonly<Record<string, string>>;
  /** Arguments for node, in front of the app's file. */
  nodeArguments?: readonly string[];
};

/** Time until an ended process starts again, in ms. */
const RESTART_MS = 500;

/** Time for a stop before SIGKILL, in ms, as in docker-compose.yml. */
const STOP_DEADLINE_MS = 30_000;

/** The number of characters of the output that are kept. */
const KEPT_OUTPUT = 4_000_000;

/** Starts an app and keeps it running. */
export function superviseApp({ name, port, environment, nodeArguments = [] }: SupervisedAppOptions): SupervisedApp {
  const variables = { ...environment, [`${name.toUpperCase()}_PORT`]: String(port), ...PROCESS_VARIABLES };
  const crashes: string[] = [];
  let output = "";
  let stopping = false;
  let wasSignalled = false;

  const start = (): ChildProcess => {
    const started = spawn(process.execPath, [...NODE_FLAGS, ...nodeArguments, appFile(name)], {
      env: variables,
      stdio: ["ignore", "pipe", "pipe"],
    });
    wasSignalled = false;
    let own = "";
    for (const stream of [started.stdout, started.stderr])
      stream.on("data", (chunk: Buffer) => {
        own = (own + chunk.toString()).slice(-2_000);
        output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
      });
    started.once("exit", (code, signal) => {
      if (!wasSignalled) crashes.push(`${name} ended with ${code ?? signal}: ${own}`);
      if (!stopping) void wait(RESTART_MS).then(() => !stopping && (child = start()));
    });
    return started;
  };
  let child = start();

  const signal = (which: NodeJS.Signals) => {
    if (which === "SIGKILL" || which === "SIGTERM") wasSignalled = true;
    child.kill(which);
  };
  return {
    port,
    kill: () => signal("SIGKILL"),
    terminate: () => signal("SIGTERM"),
    freeze: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    async stop() {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
      signal("SIGCONT");
      signal("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
      const code = await exited;
      clearTimeout(timer);
      return code;
    },
    output: () => output,
    crashes: () => crashes,
  };
}
