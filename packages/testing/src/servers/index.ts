export { startEmbeddedPostgres as startPostgres } from "@millrace/embedded-postgres";
export { recordingLogger } from "../log.ts";
export { until } from "../until.ts";
export { startBenchServers } from "./bench-servers.ts";
export { freePort } from "./free-port.ts";
export { findChromium, findRedisServer } from "./find-program.ts";
export { type RedisOptions, startRedis, type TestRedis } from "./redis.ts";
export { openRows, type RowReader } from "./rows.ts";
export { temporaryFolder } from "./temporary-folder.ts";
