import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Environment, type Integration, uuidv7 } from "@millrace/core";
import { seedAccounts } from "@millrace/db";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@millrace/embedded-postgres";
import { readPorts, stateFolder } from "../env.ts";
import { localVariables } from "../start/local-variables.ts";
import { freePort, requireFreePorts } from "../start/ports.ts";
import { announce, runningInstance, withdraw } from "../start/running.ts";
import { screen } from "../start/screen.ts";
import { type Service, startService } from "../start/service.ts";
import { withStores } from "../stores.ts";
import { migrateStores } from "./migrate.ts";

/** Port of the embedded Postgres, unless something else is on it. */
const POSTGRES_PORT = 54_329;

/** Name of the tenant that owns the sandbox's accounts. */
const SANDBOX_TENANT = "Sandbox";

/** `millrace start` */
export const start = {
  usage: "start                                    run everything on this machine",
  async run(_args: string[], environment: Environment): Promise<void> {
    const startedAt = performance.now();
    const step = (text: string) => process.stdout.write(`  ${text}\n`);
    const ports = readPorts(environment);
    makeStateFolder();
    const other = runningInstance();
    if (other) throw new Error(`Millrace runs in this folder already (process ${other.pid}): stop that one first`);
    await requireFreePorts(ports);

    const running: Running = { services: [], stopping: false };
    const stop = stopOnce(running);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(0));
    try {
      const variables: Record<string, string | undefined> = { ...environment };
      if (!variables["DATABASE_URL"]) {
        step("starting Postgres");
        const port = await freePort(POSTGRES_PORT);
        if (running.stopping) return;
        running.postgres = startEmbeddedPostgres({ folder: join(stateFolder, "postgres"), port });
        variables["DATABASE_URL"] = (await running.postgres).url;
      }
      const local = localVariables(variables, `http://127.0.0.1:${ports.sandbox}`);
      Object.assign(variables, local.variables);
      announce(variables, ports);
      step("updating the tables");
      await migrateStores(variables);
      await seedSandbox(variables, local.sandboxed);
      if (running.stopping) return;

      step("starting ingest, worker, dashboard and sandbox");
      const entries = [
        ["sandbox", "packages/sandbox/src/main.ts", ports.sandbox],
        ["worker", "apps/worker/src/main.ts", ports.worker],
        ["ingest", "apps/ingest/src/main.ts", ports.ingest],
        ["dashboard", "apps/dashboard/src/main.ts", ports.dashboard],
      ] as const;
      running.services = entries.map(([name, file, port]) =>
        startService({ name, file, port, environment: variables, onExit: () => void stop(1) }),
      );
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
      // What ends in the middle because it was told to is no failure.
      if (running.stopping) return;
      process.stderr.write(`millrace start: ${error instanceof Error ? error.message : String(error)}\n`);
      await stop(1);
    }
  },
};

function makeStateFolder(): void {
  try {
    mkdirSync(join(stateFolder, "logs"), { recursive: true });
    accessSync(stateFolder, constants.W_OK);
  } catch (cause) {
    throw new Error(`cannot write ${stateFolder}: make it writable for this user, or remove it`, { cause });
  }
}

/** What was started. Postgres while it is still starting, so that a Ctrl-C in that second does not leave it behind. */
type Running = { postgres?: Promise<EmbeddedPostgres>; services: Service[]; stopping: boolean };

function stopOnce(running: Running): (code: number) => Promise<void> {
  let stopped: Promise<void> | undefined;
  return (code) => {
    running.stopping = true;
    stopped ??= (async () => {
      process.stdout.write("\n  stopping\n");
      await Promise.all(running.services.map((service) => service.stop()));
      await (await running.postgres?.catch(() => undefined))?.stop();
      withdraw();
      process.exit(code);
    })();
    return stopped;
  };
}

async function seedSandbox(environment: Environment, sandboxed: readonly Integration[]): Promise<void> {
  const assignments = sandboxed.flatMap(({ id, local }) => [
    ...local.accounts.map((externalId) => ({ provider: id, externalId, tenantName: SANDBOX_TENANT })),
    ...(local.unownedAccounts ?? []).map((externalId) => ({ provider: id, externalId, tenantName: undefined })),
  ]);
  await withStores(environment, ({ database }) => seedAccounts(database.orm, assignments, uuidv7));
}
