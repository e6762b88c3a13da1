/** The servers that all integration tests share. `redisUrl` is undefined on a machine without Redis. */
export type TestServers = { postgresUrl: string; redisUrl: string | undefined; stop(): Promise<void> };
