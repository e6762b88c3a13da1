import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Environment, type Integration, uuidv7 } from "@millrace/core";
import { seedAccounts } from "@millrace/db";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@millrace/embedded-postgres";
import { readPorts, stateFolder } from "../env.ts";
import { migrateStores } from "../migrate.ts";
import { withDatabase } from "../database.ts";
import { localVariables } from "./local-variables.ts";
import { freePort, requireFreePorts } from "./ports.ts";
import { deleteRunningFile, runningInstance, writeRunningFile } from "./running.ts";
import { screen } from "./screen.ts";
import { type Service, startService } from "./service.ts";

/** Preferred port of the embedded Postgres. */
const POSTGRES_PORT = 54_329;

/** Name of the tenant that owns the accounts of the sandbox. */
const SANDBOX_TENANT = "Sandbox";

/** `millrace start`: starts every part of Millrace and shows where each is. Ctrl-C stops all of them. */
export async function start(environment: Environment): Promise<void> {
  const startedAt = performance.now();
  const ports = readPorts(environment);
  createStateFolder();
  const other = runningInstance();
  if (other) throw new Error(`Millrace already runs in this folder (process ${other.pid}); stop it first`);
  await requireFreePorts(ports);

  const running: Running = { services: [], stopping: false };
  const stop = createStop(running);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(0));
  try {
    const variables = await prepareStores(environment, ports, running);
    if (running.stopping) return;
    report("starting ingest, worker, dashboard and sandbox");
    running.services = startServices(variables, ports, () => void stop(1));
    await Promise.all(running.services.map((service) => service.ready));
    process.stdout.write(
      screen({
        ports,
        variables,
        dataFolder: (await running.postgres)?.dataFolder,
        seconds: (performance.now() - startedAt) / 1000,
      }),
    );
  } catch (error) {
    // A stop during the start makes steps fail that are in progress. These failures are expected.
    if (running.stopping) return;
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    await stop(1);
  }
}

type Ports = ReturnType<typeof readPorts>;

/**
 * What must be stopped at the end. It contains the promise of Postgres, so that Ctrl-C while Postgres starts does not
 * leave it running.
 */
type Running = { postgres?: Promise<EmbeddedPostgres>; services: Service[]; stopping: boolean };

/** Starts the embedded Postgres if no other is configured, and creates the tables. Returns the completed environment. */
async function prepareStores(environment: Environment, ports: Ports, running: Running): Promise<Environment> {
  const variables: Record<string, string | undefined> = { ...environment };
  if (!variables["DATABASE_URL"]) {
    report("starting Postgres");
    const port = await freePort(POSTGRES_PORT);
    if (running.stopping) return variables;
    running.postgres = startEmbeddedPostgres({ folder: join(stateFolder, "postgres"), port });
    variables["DATABASE_URL"] = (await running.postgres).url;
  }
  const local = localVariables(variables, `http://127.0.0.1:${ports.sandbox}`);
  Object.assign(variables, local.variables);
  writeRunningFile(variables, ports);
  report("updating the tables");
  await migrateStores(variables);
  await seedSandbox(variables, local.sandboxed);
  return variables;
}

function startServices(environment: Environment, ports: Ports, onExit: () => void): Service[] {
  return [
    startService({ name: "sandbox", file: "packages/sandbox/src/main.ts", port: ports.sandbox, environment, onExit }),
    startService({ name: "worker", file: "apps/worker/src/main.ts", port: ports.worker, environment, onExit }),
    startService({ name: "ingest", file: "apps/ingest/src/main.ts", port: ports.ingest, environment, onExit }),
    startService({ name: "dashboard", file: "apps/dashboard/src/main.ts", port: ports.dashboard, environment, onExit }),
  ];
}

function report(step: string): void {
  process.stdout.write(`  ${step}\n`);
}

function createStateFolder(): void {
  try {
    mkdirSync(join(stateFolder, "logs"), { recursive: true });
    accessSync(stateFolder, constants.W_OK);
  } catch (cause) {
    throw new Error(`cannot write ${stateFolder}: make it writable for this user, or delete it`, { cause });
  }
}

/** Returns a function that stops everything once, the services before Postgres, and ends the process. */
function createStop(running: Running): (exitCode: number) => Promise<void> {
  let stopped: Promise<void> | undefined;
  return (exitCode) => {
    running.stopping = true;
    stopped ??= (async () => {
      process.stdout.write("\n  stopping\n");
      await Promise.all(running.services.map((service) => service.stop()));
      await (await running.postgres?.catch(() => undefined))?.stop();
      deleteRunningFile();
      process.exit(exitCode);
    })();
    return stopped;
  };
}

async function seedSandbox(environment: Environment, sandboxed: readonly Integration[]): Promise<void> {
  const assignments = sandboxed.flatMap(({ id, local }) => [
    ...local.accounts.map((externalId) => ({ provider: id, externalId, tenantName: SANDBOX_TENANT })),
    ...(local.unownedAccounts ?? []).map((externalId) => ({ provider: id, externalId, tenantName: undefined })),
  ]);
  await withDatabase(environment, (database) => seedAccounts(database.orm, assignments, uuidv7));
}
