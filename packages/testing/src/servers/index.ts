export { startBenchServers } from "./bench-servers.ts";
export { freePort } from "./free-port.ts";
export { findRedisServer, type RedisOptions, startRedis, type TestRedis } from "./redis.ts";
export { startEmbeddedPostgres as startPostgres } from "@millrace/embedded-postgres";
