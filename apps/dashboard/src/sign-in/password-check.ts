import type { Logger, Now } from "@millrace/core";
import { hashPassword, type Operators, passwordMatches, type Role } from "@millrace/db";
import { createConcurrencyLimiter } from "./concurrency-limiter.ts";
import { createLoginRateLimiter, type LoginRateLimiter } from "./login-rate-limiter.ts";

/** Wrong passwords that one address may send per minute. A person with several passwords to choose from needs fewer. */
const MAX_PER_ADDRESS = 10;

/** Wrong passwords for one name per minute, from any number of addresses, before its attempts are slowed down. */
const MAX_PER_NAME = 20;

/** The window in which wrong passwords are counted, in ms. */
const WINDOW_MS = 60_000;

/** Time between two attempts for a name that is slowed down, in ms. */
const SLOW_ATTEMPT_MS = 1_000;

/** Passwords that are hashed at a time. Each one uses one of Node's four threads and 19 MB for about 20 ms. */
const MAX_HASHING = 4;

/** Passwords that wait to be hashed. Further attempts are rejected. */
const MAX_WAITING = 50;

/** Characters of a name that count as its key, because a client may send a name of any length. */
const MAX_NAME_LENGTH = 100;

/** The operator that DASHBOARD_USER and DASHBOARD_PASSWORD define. */
export type BuiltInOperator = { user: string; password: string };

/** An operator who sent the right password. */
export type VerifiedOperator = {
  name: string;
  role: Role;
  /** Null for the built-in operator. */
  operatorId: string | null;
  /** Changes with the password, so that a session can end with the password that opened it. */
  secret: string;
};

/**
 * The result of an attempt. Without an operator, the name or the password is wrong; with seconds to wait, they were not
 * checked, or the result is withheld.
 */
export type PasswordCheckResult =
  | { operator: VerifiedOperator; waitSeconds: 0 }
  | { operator?: undefined; waitSeconds: number };

/** Checks the name and the password that a client address sent. */
export type PasswordCheck = (address: string, name: string, password: string) => Promise<PasswordCheckResult>;

/** Dependencies of {@link createPasswordCheck}. */
export type PasswordCheckDeps = {
  builtIn: BuiltInOperator | undefined;
  operators: Operators;
  log: Logger;
  now: Now;
  newToken: () => string;
};

/**
 * Checks passwords against the built-in operator, who wins over one of the same name, and the table of operators. An
 * address with too many wrong passwords is blocked for the rest of the minute, also with the right password: otherwise
 * an attacker could keep guessing. A name is only slowed down to one attempt per second: otherwise anybody could lock
 * its owner out.
 */
export function createPasswordCheck({ builtIn, operators, log, now, newToken }: PasswordCheckDeps): PasswordCheck {
  const limiters = {
    perAddress: createLoginRateLimiter(now, MAX_PER_ADDRESS, WINDOW_MS),
    perName: createLoginRateLimiter(now, MAX_PER_NAME, WINDOW_MS),
    slowNames: createLoginRateLimiter(now, 1, SLOW_ATTEMPT_MS),
  };
  const limitHashing = createConcurrencyLimiter(MAX_HASHING, MAX_WAITING);
  const find = operatorFinder(builtIn, operators, newToken);

  return async (address, sentName, password) => {
    // Postgres can store neither U+0000 nor half of a surrogate pair, so no operator has such a name.
    const name = sentName.replaceAll("\0", "\uFFFD").toWellFormed();
    const nameKey = name.slice(0, MAX_NAME_LENGTH);
    const waitSeconds = createAttempt(limiters, address, nameKey);
    const rejectedFor = waitSeconds();
    if (rejectedFor > 0) return { waitSeconds: rejectedFor };
    const { operator, passwordHash } = await find(name);
    const matches = await limitHashing(() => passwordMatches(passwordHash, password));
    if (matches === undefined) return { waitSeconds: 1 };
    // The second check withholds results of concurrent attempts: they must reveal no more than consecutive ones.
    const withheldFor = waitSeconds();
    if (withheldFor > 0) return { waitSeconds: withheldFor };
    if (operator && matches) return { operator, waitSeconds: 0 };
    limiters.perAddress.count(address);
    limiters.perName.count(nameKey);
    log.warn({ throttled: limiters.perAddress.waitSeconds(address) > 0 }, "sign_in.refused");
    return { waitSeconds: 0 };
  };
}

/**
 * Returns a function with the seconds that one attempt still has to wait. When its name is slowed down, the attempt
 * takes the name's slot of this second once, and keeps it for a later call.
 */
function createAttempt(
  { perAddress, perName, slowNames }: Record<"perAddress" | "perName" | "slowNames", LoginRateLimiter>,
  address: string,
  nameKey: string,
): () => number {
  let hasSlot = false;
  return () => {
    const waitSeconds = perAddress.waitSeconds(address);
    if (waitSeconds > 0 || hasSlot || perName.waitSeconds(nameKey) === 0) return waitSeconds;
    const untilSlot = slowNames.waitSeconds(nameKey);
    hasSlot = untilSlot === 0;
    if (hasSlot) slowNames.count(nameKey);
    return untilSlot;
  };
}

/**
 * Returns a function that finds the operator of a name and the hash to compare the password with. Both exist also for
 * an unknown name, so that the response time does not reveal which names exist.
 */
function operatorFinder(
  builtIn: BuiltInOperator | undefined,
  operators: Operators,
  newToken: () => string,
): (name: string) => Promise<{ operator?: VerifiedOperator; passwordHash: string }> {
  const builtInHash = hashPassword(builtIn?.password ?? newToken());
  return async (name) => {
    const found = operators.named(name);
    if (name === builtIn?.user) {
      // The query runs for its response time. Its failure is ignored: the built-in operator works without Postgres.
      await found.catch(() => undefined);
      const secret = `${name}:${builtIn.password}`;
      return { operator: { name, role: "operator", operatorId: null, secret }, passwordHash: await builtInHash };
    }
    const row = await found;
    if (!row) return { passwordHash: await builtInHash };
    const { id, role, passwordHash } = row;
    return { operator: { name, role, operatorId: id, secret: passwordHash }, passwordHash };
  };
}
