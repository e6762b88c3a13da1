import { setTimeout as wait } from "node:timers/promises";
import postgres from "postgres";
import type { ChaosDeployment } from "../deployment/deployment.ts";
import type { Inject } from "./inject.ts";

/** More connections than the server has. */
const MORE_THAN_ALL = 260;

/** Faults of Postgres besides those of its connections. */
export const postgresFaults: Record<string, Inject> = {
  async kill({ postgres: server }, { durationMs }) {
    server.kill();
    await wait(durationMs);
    await server.start();
  },
  async terminate({ postgres: server }, { durationMs }) {
    await server.stop();
    await wait(durationMs);
    await server.start();
  },
  async freeze({ postgres: server }, { durationMs }) {
    server.freeze();
    await wait(durationMs);
    server.resume();
  },
  async "terminate backends"({ observer }, { detail }) {
    // A random part of the backends; with a small share of the time all of them.
    const [row] = await observer.rows<{ count: number }>(
      `select count(pg_terminate_backend(pid))::int as count from pg_stat_activity
       where usename = 'millrace_app' and random() < ${0.1 + detail}`,
    );
    return `${row?.count ?? 0} backends`;
  },
  async "exhaust connections"(deployment, { durationMs }) {
    const connections = openMany(deployment, MORE_THAN_ALL);
    await wait(durationMs);
    await Promise.all(connections.map((sql) => sql.end({ timeout: 0 })));
  },
  async "idle in transaction"(deployment, { durationMs }) {
    const sql = connect(deployment);
    const transaction = sql.begin(async (tx) => {
      await tx`select id from conversations order by random() limit 3 for update`;
      await tx`select id from messages where status in ('queued', 'sending') order by random() limit 3 for update`;
      await wait(durationMs);
    });
    await transaction.catch(() => undefined);
    await sql.end({ timeout: 0 });
  },
  async "read-only"({ observer }, { durationMs }) {
    await observer.rows("alter system set default_transaction_read_only = on");
    await observer.rows("select pg_reload_conf()");
    await wait(durationMs);
    await observer.rows("alter system reset default_transaction_read_only");
    await observer.rows("select pg_reload_conf()");
  },
  async "disk full"({ disks, postgres: server, observer }, { durationMs }) {
    const disk = disks.postgres;
    if (!disk) return "skipped: this process may not mount a file system";
    await disk.fill();
    await wait(durationMs);
    disk.empty();
    // A server that could not write its WAL stops.
    await observer.rows("checkpoint").catch(() => server.start());
    return undefined;
  },
};

function connect({ environment }: ChaosDeployment) {
  return postgres(environment["DATABASE_URL"] ?? "", { max: 1, onnotice: () => undefined });
}

function openMany(deployment: ChaosDeployment, count: number) {
  return Array.from({ length: count }, () => {
    const sql = connect(deployment);
    sql`select 1`.catch(() => undefined);
    return sql;
  });
}
