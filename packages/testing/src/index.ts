export { createTestDatabase, type TestDatabase } from "./database.ts";
export { recordingLogger } from "./log.ts";
export { type QueueStore, queueStores } from "./queue-stores.ts";
export { freePort } from "./servers/free-port.ts";
export { findRedisServer, type RedisOptions, startRedis, type TestRedis } from "./servers/redis.ts";
export { until } from "./until.ts";
