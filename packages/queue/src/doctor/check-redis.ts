import { RedisConnection } from "bullmq";
import { Redis } from "ioredis";
import { type CheckResult, withDeadline } from "@millrace/core";
import { unreachable } from "./unreachable.ts";

/** How long Redis may take for all responses, in ms. */
const DEADLINE_MS = 3_000;

/** What a crash of the machine loses, by `appendfsync`. */
const DURABILITY: Readonly<Record<string, Pick<CheckResult, "state" | "message" | "remedy">>> = {
  always: { state: "ok", message: "the AOF is synced before each response: a crash of the machine loses nothing" },
  everysec: {
    state: "ok",
    message: "the AOF is synced every second: a crash of the machine loses up to the last second",
  },
  no: {
    state: "warn",
    message: "the AOF is synced when the operating system decides: a crash of the machine may lose 30 seconds",
    remedy: "set appendfsync to everysec or always",
  },
};

/** Redis's error for a command that an ACL forbids or that was renamed. */
const FORBIDDEN = /^NOPERM|^ERR unknown command/;

const WITHOUT_INFO: CheckResult = {
  check: "Redis",
  state: "fail",
  message: "INFO is not allowed, and a worker needs it to read the version of Redis when it starts",
  remedy: "allow INFO for the user in QUEUE_URL: ACL SETUSER <user> +info",
};

/** Checks a Redis that stores the queue. It uses INFO where it can, because managed services often forbid CONFIG. */
export async function checkRedisStore(url: string): Promise<CheckResult[]> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: DEADLINE_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    // The ready check sends INFO, and prints to the console when INFO is not allowed.
    enableReadyCheck: false,
  });
  let lastError: unknown;
  client.on("error", (error: unknown) => {
    lastError = error;
  });
  try {
    return await withDeadline(runChecks(client), DEADLINE_MS);
  } catch (error) {
    return [unreachable("Redis", lastError ?? error)];
  } finally {
    client.disconnect();
  }
}

async function runChecks(client: Redis): Promise<CheckResult[]> {
  await client.connect();
  const text = await client.info().catch((error: unknown) => {
    if (error instanceof Error && FORBIDDEN.test(error.message)) return undefined;
    throw error;
  });
  if (text === undefined) return [WITHOUT_INFO];
  const info = parseInfo(text);
  return [checkVersion(info), checkEviction(info), await checkDurability(client, info)];
}

function parseInfo(text: string): Map<string, string> {
  const fields = text.split(/\r?\n/).map((line) => [line.split(":", 1)[0] ?? "", line.replace(/^[^:]*:/, "")] as const);
  return new Map(fields);
}

function checkVersion(info: ReadonlyMap<string, string>): CheckResult {
  const check = "Redis version";
  const version = info.get("redis_version") ?? "unknown";
  const { minimumVersion, recommendedMinimumVersion } = RedisConnection;
  if (isOlder(version, minimumVersion))
    return { check, state: "fail", message: version, remedy: `update Redis: BullMQ needs ${minimumVersion} or newer` };
  if (isOlder(version, recommendedMinimumVersion))
    return {
      check,
      state: "warn",
      message: version,
      remedy: `update Redis: BullMQ recommends ${recommendedMinimumVersion} or newer`,
    };
  return { check, state: "ok", message: version };
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, "en", { numeric: true }) < 0;
}

function checkEviction(info: ReadonlyMap<string, string>): CheckResult {
  const check = "Redis eviction";
  const policy = info.get("maxmemory_policy");
  if (policy === "noeviction")
    return { check, state: "ok", message: "maxmemory-policy noeviction: a full Redis rejects new jobs" };
  const remedy = "set maxmemory-policy to noeviction; on a managed Redis in its parameter group";
  if (policy === undefined)
    return { check, state: "warn", message: "this Redis does not report its maxmemory-policy", remedy };
  return { check, state: "fail", message: `maxmemory-policy ${policy}: a full Redis deletes jobs`, remedy };
}

async function checkDurability(client: Redis, info: ReadonlyMap<string, string>): Promise<CheckResult> {
  const check = "Redis durability";
  if (info.get("aof_enabled") !== "1")
    return {
      check,
      state: "warn",
      message: "the AOF is off: a restart loses accepted webhooks since the last snapshot",
      remedy: "set appendonly to yes; on a managed Redis enable its persistence",
    };
  if ((info.get("aof_last_write_status") ?? "ok") !== "ok")
    return { check, state: "fail", message: "Redis cannot write the AOF", remedy: "free disk space for Redis" };
  const sync = await client.config("GET", "appendfsync").then(
    (response) => (Array.isArray(response) ? response[1] : undefined),
    () => undefined,
  );
  const durability = sync === undefined ? undefined : DURABILITY[sync];
  return durability
    ? { check, ...durability }
    : {
        check,
        state: "ok",
        message: "the AOF is on; CONFIG is not allowed, so ask the provider how often it is synced",
      };
}
