import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findRedisServer, freePort, redisCommand, until } from "../../src/servers/index.ts";

/** A Redis Sentinel on 127.0.0.1 that watches one server, and promotes its replica when the server does not answer. */
export type Sentinel = {
  /** The port of the server that accepts writes, as Sentinel has it now. */
  master(): Promise<number>;
  stop(): Promise<void>;
};

/** The name of the watched server. */
const NAME = "millrace";

/** Time without an answer after which the server counts as gone, in ms. */
const DOWN_AFTER_MS = 1_000;

/**
 * Starts a {@link Sentinel} for the server on `masterPort`, with its configuration in `folder`. Resolves when it knows the
 * replica. One Sentinel is enough to decide here, because its own loss is not tested.
 * https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
 */
export async function startSentinel(folder: string, masterPort: number): Promise<Sentinel> {
  const program = findRedisServer();
  if (program === undefined) throw new Error("no redis-server or valkey-server on PATH");
  const port = await freePort();
  const configuration = join(folder, "sentinel.conf");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    configuration,
    `port ${port}
bind 127.0.0.1
dir ${folder}
sentinel monitor ${NAME} 127.0.0.1 ${masterPort} 1
sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}
sentinel failover-timeout ${NAME} 5000
`,
  );
  const child = spawn(program, [configuration, "--sentinel"], { stdio: "ignore" });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
  };
  const ask = (question: string) => redisCommand(port, `SENTINEL ${question}`).catch(() => "");
  await until("Sentinel knows the replica", async () =>
    (await ask(`master ${NAME}`)).includes("num-slaves\r\n$1\r\n1\r\n"),
  ).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    async master() {
      const reply = await ask(`get-master-addr-by-name ${NAME}`);
      return Number(/(\d+)\r\n$/.exec(reply)?.[1]);
    },
    stop,
  };
}
