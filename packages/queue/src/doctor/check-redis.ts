import { RedisConnection } from "bullmq";
import { Redis } from "ioredis";
import { type CheckResult, withDeadline } from "@millrace/core";
import { unreachable } from "./unreachable.ts";

/** How long Redis may take for all answers, in ms. */
const DEADLINE_MS = 3_000;

/** What a crash of the machine takes with it, by `appendfsync`. */
const LOSS: Readonly<Record<string, Pick<CheckResult, "state" | "message" | "remedy">>> = {
  always: { state: "ok", message: "the AOF is on and synced before each answer: nothing accepted is lost" },
  everysec: {
    state: "ok",
    message: "the AOF is on and synced every second: a crash of the machine loses up to the last second",
  },
  no: {
    state: "warn",
    message: "the AOF is on and synced when the system likes: a crash of the machine may lose half a minute",
    remedy: "set appendfsync to everysec or always",
  },
};

/** How Redis refuses a command that an ACL forbids, or that was renamed. */
const FORBIDDEN = /^NOPERM|^ERR unknown command/;

const WITHOUT_INFO: CheckResult = {
  check: "Redis",
  state: "fail",
  message: "it answers, but INFO is not allowed: a worker asks its version by that before it begins",
  remedy: "allow INFO to the user in QUEUE_URL: ACL SETUSER <user> +info",
};

/** The checks of a Redis. Nearly all is in INFO, which managed ones allow, too, that forbid CONFIG. */
export async function checkRedisStore(url: string): Promise<CheckResult[]> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: DEADLINE_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    // It would ask INFO, and print to the console where that is not allowed.
    enableReadyCheck: false,
  });
  let lastError: unknown;
  client.on("error", (error: unknown) => {
    lastError = error;
  });
  try {
    return await withDeadline(look(client), DEADLINE_MS);
  } catch (error) {
    return [unreachable("Redis", lastError ?? error)];
  } finally {
    client.disconnect();
  }
}

async function look(client: Redis): Promise<CheckResult[]> {
  await client.connect();
  const text = await client.info().catch((error: unknown) => {
    if (error instanceof Error && FORBIDDEN.test(error.message)) return undefined;
    throw error;
  });
  if (text === undefined) return [WITHOUT_INFO];
  const info = parse(text);
  return [version(info), eviction(info), await durability(client, info)];
}

function parse(text: string): Map<string, string> {
  const fields = text.split(/\r?\n/).map((line) => [line.split(":", 1)[0] ?? "", line.replace(/^[^:]*:/, "")] as const);
  return new Map(fields);
}

function version(info: ReadonlyMap<string, string>): CheckResult {
  const check = "Redis version";
  const found = info.get("redis_version") ?? "unknown";
  if (isOlder(found, RedisConnection.minimumVersion))
    return {
      check,
      state: "fail",
      message: found,
      remedy: `BullMQ needs ${RedisConnection.minimumVersion} or newer: update it`,
    };
  const recommended = RedisConnection.recommendedMinimumVersion;
  if (isOlder(found, recommended))
    return { check, state: "warn", message: found, remedy: `BullMQ asks for ${recommended} or newer: update it` };
  return { check, state: "ok", message: found };
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, "en", { numeric: true }) < 0;
}

function eviction(info: ReadonlyMap<string, string>): CheckResult {
  const check = "Redis eviction";
  const policy = info.get("maxmemory_policy");
  if (policy === "noeviction")
    return { check, state: "ok", message: "maxmemory-policy noeviction: a full Redis refuses" };
  const remedy = "set maxmemory-policy to noeviction; on a managed Redis in its parameter group";
  if (policy === undefined)
    return { check, state: "warn", message: "this Redis does not tell its maxmemory-policy", remedy };
  return { check, state: "fail", message: `maxmemory-policy ${policy}: a full Redis throws jobs away`, remedy };
}

async function durability(client: Redis, info: ReadonlyMap<string, string>): Promise<CheckResult> {
  const check = "Redis durability";
  if (info.get("aof_enabled") !== "1")
    return {
      check,
      state: "warn",
      message: "the AOF is off: a restart loses all since the last snapshot, accepted webhooks too",
      remedy: "set appendonly to yes; on a managed Redis switch its persistence on",
    };
  if ((info.get("aof_last_write_status") ?? "ok") !== "ok")
    return { check, state: "fail", message: "the AOF cannot be written", remedy: "make room on the disk of Redis" };
  const sync = await client.config("GET", "appendfsync").then(
    (answer) => (Array.isArray(answer) ? answer[1] : undefined),
    () => undefined,
  );
  const known = sync === undefined ? undefined : LOSS[sync];
  return known
    ? { check, ...known }
    : {
        check,
        state: "ok",
        message: "the AOF is on; CONFIG is not allowed, so how often it is synced is for its provider to tell",
      };
}
