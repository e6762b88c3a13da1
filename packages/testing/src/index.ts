export { createTestDatabase, type TestDatabase } from "./database.ts";
export { recordingLogger } from "./log.ts";
export { type QueueStore, queueStores } from "./queue-stores.ts";
export { until } from "./until.ts";
export * from "./servers/index.ts";
