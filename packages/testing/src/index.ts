export * from "./large-tables/index.ts";
export { defaultQueueStore, type QueueStore, queueStores } from "./queue-stores.ts";
export * from "./servers/index.ts";
export { createEmptyDatabase, createTestDatabase, type TestDatabase, useTestDatabase } from "./test-database.ts";
export { WORKER_SETTINGS } from "./worker-settings.ts";
