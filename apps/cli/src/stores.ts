import type { Environment } from "@millrace/core";
import type { Database } from "@millrace/db";
import { openQueueBackend, type QueueBackend } from "@millrace/queue";
import { withDatabase } from "./database.ts";
import { readStores } from "./env.ts";

/** Both stores. */
export type Stores = { database: Database; backend: QueueBackend };

/** Opens both stores, runs `use`, and closes them. Throws EnvironmentError if a variable is missing or wrong. */
export async function withStores<T>(
  environment: Environment,
  use: (stores: Stores) => Promise<T>,
  silenceSeconds?: number,
): Promise<T> {
  const { queueUrl } = readStores(environment);
  const useBoth = async (database: Database) => {
    const backend = openQueueBackend(queueUrl, "operator", 2);
    try {
      return await use({ database, backend });
    } finally {
      await backend.close();
    }
  };
  return withDatabase(environment, useBoth, silenceSeconds);
}
