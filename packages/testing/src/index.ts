export { createTestDatabase, type TestDatabase } from "./database.ts";
export { type QueueStore, queueStores } from "./queue-stores.ts";
export * from "./servers/index.ts";
