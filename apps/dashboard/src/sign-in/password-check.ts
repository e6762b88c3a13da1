import type { Logger, Now } from "@millrace/core";
import { hashPassword, type Operators, passwordMatches, type Role } from "@millrace/db";
import { createGuessThrottle } from "./login-rate-limiter.ts";
import { createNarrowGate } from "./concurrency-limiter.ts";

/** Wrong passwords that one address may try in a minute; enough for a person with several to choose from. */
const MAX_BY_ADDRESS = 10;

/** Wrong passwords for one name in a minute, from however many addresses, before its tries are slowed down. */
const MAX_FOR_NAME = 20;

/** How long wrong passwords are counted together, in ms. */
const WINDOW_MS = 60_000;

/** How long a name that is guessed has between two tries, in ms. */
const TURN_MS = 1_000;

/** Passwords that are hashed at once, each of which takes a thread of Node's four and 19 MB for some 20 ms. */
const HASHED_AT_ONCE = 4;

/** Passwords that wait to be hashed; more are turned away. */
const MAX_WAITING = 50;

/** No name is longer; what is given may be, and is remembered for a while. */
const MAX_NAME_LENGTH = 100;

/** Who has proved to be somebody by a password. */
export type Account = {
  name: string;
  role: Role;
  /** Null for the operator of the environment. */
  operatorId: string | null;
  /** Another one with another password. */
  secret: string;
};

/** What became of an attempt: without an account it failed, or, with seconds to wait, was not looked at. */
export type Attempt = { account: Account; waitSeconds: 0 } | { account?: undefined; waitSeconds: number };

/** Checks a name and a password that came from an address. */
export type PasswordCheck = (address: string, name: string, password: string) => Promise<Attempt>;

/**
 * Checks against the table of operators and the operator of the environment, who wins where both have the name. An
 * address that guesses too often is refused for a while, the right password included: otherwise guessing would go on. A
 * name that is guessed too often is not, or anybody could lock its owner out: only one try a second is looked at.
 */
export function createPasswordCheck({
  builtIn,
  operators,
  log,
  now,
  newToken,
}: {
  builtIn: { user: string; password: string } | undefined;
  operators: Operators;
  log: Logger;
  now: Now;
  newToken: () => string;
}): PasswordCheck {
  const addresses = createGuessThrottle(now, MAX_BY_ADDRESS, WINDOW_MS);
  const names = createGuessThrottle(now, MAX_FOR_NAME, WINDOW_MS);
  const turns = createGuessThrottle(now, 1, TURN_MS);
  const gate = createNarrowGate(HASHED_AT_ONCE, MAX_WAITING);
  // Also what the password is compared with where nobody has the name, so that both take as long.
  const builtInHash = hashPassword(builtIn?.password ?? newToken());

  async function find(name: string): Promise<{ account?: Account; passwordHash: string }> {
    const found = operators.named(name);
    if (name === builtIn?.user) {
      // Looked up all the same, to take as long as with other names; and let in while Postgres is away.
      await found.catch(() => undefined);
      const account: Account = { name, role: "operator", operatorId: null, secret: `${name}:${builtIn.password}` };
      return { account, passwordHash: await builtInHash };
    }
    const row = await found;
    if (!row) return { passwordHash: await builtInHash };
    const { id, role, passwordHash } = row;
    return { account: { name, role, operatorId: id, secret: passwordHash }, passwordHash };
  }

  return async (address, given, password) => {
    // Postgres can store no U+0000 and no half of a surrogate pair, so no name has one.
    const name = given.replaceAll("\0", "\uFFFD").toWellFormed();
    const guessed = name.slice(0, MAX_NAME_LENGTH);
    let hasTurn = false;
    // Seconds to wait. With 0 the try may be looked at, and where its name is guessed it has taken the name's turn.
    const admit = () => {
      const waitSeconds = addresses.waitSeconds(address);
      if (waitSeconds > 0 || hasTurn || names.waitSeconds(guessed) === 0) return waitSeconds;
      const untilTurn = turns.waitSeconds(guessed);
      hasTurn = untilTurn === 0;
      if (hasTurn) turns.count(guessed);
      return untilTurn;
    };
    const refusedFor = admit();
    if (refusedFor > 0) return { waitSeconds: refusedFor };
    const { account, passwordHash } = await find(name);
    const matches = await gate(() => passwordMatches(passwordHash, password));
    if (matches === undefined) return { waitSeconds: 1 };
    // Asked again: of many that are tried at once, no more may be told than of those tried one by one.
    const withheldFor = admit();
    if (withheldFor > 0) return { waitSeconds: withheldFor };
    if (account && matches) return { account, waitSeconds: 0 };
    addresses.count(address);
    names.count(guessed);
    log.warn({ throttled: addresses.waitSeconds(address) > 0 }, "sign_in.refused");
    return { waitSeconds: 0 };
  };
}
