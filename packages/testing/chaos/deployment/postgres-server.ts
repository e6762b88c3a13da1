import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { startPostgres } from "../../src/servers/index.ts";

/** A Postgres that faults stop and start again on its data. */
export type PostgresServer = {
  port: number;
  /** The URL for the superuser of a database, past the proxy. */
  url(database: string): string;
  start(): Promise<void>;
  /** Kills all its processes at once, as a crash of the machine does. */
  kill(): void;
  /** Stops it as `pg_ctl stop --mode fast` does. */
  stop(): Promise<void>;
  freeze(): void;
  resume(): void;
};

/** Time for a start after a crash, in ms: Postgres refuses while a process of the old server remains. */
const START_DEADLINE_MS = 60_000;

/**
 * `wal_compression` and sizes keep the data small enough for a file system that a fault can fill. The times of commits
 * show what was sent after a takeover.
 */
const SETTINGS = {
  max_connections: "250",
  track_commit_timestamp: "on",
  max_wal_size: "96MB",
  min_wal_size: "48MB",
  wal_compression: "on",
  shared_buffers: "64MB",
};

/** Starts a {@link PostgresServer} with its data in `folder`. */
export async function startPostgresServer(folder: string, port: number): Promise<PostgresServer> {
  const launch = () => startPostgres({ folder, port, settings: SETTINGS });
  let running = await launch();
  const signalGroup = (signal: NodeJS.Signals) => {
    const pid = Number(readFileSync(join(running.dataFolder, "postmaster.pid"), "utf8").split("\n", 1)[0]);
    // The embedded server leads a process group of its own.
    process.kill(-pid, signal);
  };
  return {
    port,
    url: (database) => `postgres://millrace:millrace@127.0.0.1:${port}/${database}`,
    async start() {
      for (const until = Date.now() + START_DEADLINE_MS; ;) {
        try {
          running = await launch();
          return;
        } catch (error) {
          if (Date.now() > until) throw error;
          await wait(200);
        }
      }
    },
    kill: () => signalGroup("SIGKILL"),
    stop: () => running.stop(),
    freeze: () => signalGroup("SIGSTOP"),
    resume: () => signalGroup("SIGCONT"),
  };
}
