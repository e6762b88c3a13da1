import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import * as schema from "./schema/index.ts";

/** A pool of connections to Postgres. */
export type Database = {
  orm: ReturnType<typeof drizzle<typeof schema>>;
  /** Rejects unless Postgres answers. */
  ping(): Promise<void>;
  /** Ends the pool, waiting at most 5 s for running statements. */
  close(): Promise<void>;
};

/** A transaction, or the pool itself. */
export type Executor = Pick<Database["orm"], "select" | "insert" | "update" | "delete" | "execute">;

/**
 * Opens a pool; connects when first used. A pooler in transaction mode (Supabase's port 6543) knows no prepared
 * statements: say so with `?prepare=false` in the URL.
 */
export function openDatabase(url: string, options: { maxConnections: number; name: string }): Database {
  const client = postgres(url.replace(/[?&]prepare=false\b/, ""), {
    max: options.maxConnections,
    prepare: !url.includes("prepare=false"),
    connect_timeout: 5,
    connection: { application_name: options.name },
    onnotice: () => undefined,
  });
  return {
    orm: drizzle(client, { schema }),
    ping: async () => {
      await client`select 1`;
    },
    close: () => client.end({ timeout: 5 }),
  };
}
