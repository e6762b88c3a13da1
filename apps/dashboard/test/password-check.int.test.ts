import { uuidv7 } from "@millrace/core";
import { createOperators, type Database, migrateDatabase, openDatabase } from "@millrace/db";
import { createTestDatabase, recordingLogger, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createPasswordCheck, type PasswordCheck } from "../src/sign-in/password-check.ts";
import { OPERATOR, setOperator } from "./dashboard-server.ts";

const ADA = { user: "ada", password: "a pass phrase of hers" };

let testDatabase: TestDatabase;
let database: Database;
let check: PasswordCheck;
let at: number;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase(testDatabase.url, { maxConnections: 2, name: "test" });
  await migrateDatabase(database);
  await setOperator({ database }, { ...ADA, role: "viewer" });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});
beforeEach(() => {
  at = Date.parse("2026-03-01T12:00:00Z");
  check = createPasswordCheck({
    builtIn: OPERATOR,
    operators: createOperators(database, uuidv7),
    log: recordingLogger().log,
    now: () => new Date(at),
    newToken: () => "decoy",
  });
});

test.each([ADA, OPERATOR])(
  "after twenty wrong passwords for $user one try a second is looked at, so that nobody is locked out",
  async ({ user, password }) => {
    for (let index = 0; index < 20; index++)
      expect(await check(`192.0.2.${index}`, user, `guess ${index}`)).toEqual({ waitSeconds: 0 });
    expect(await check("192.0.2.20", user, "guess 20")).toEqual({ waitSeconds: 0 });
    expect(await check("198.51.100.1", user, password)).toEqual({ waitSeconds: 1 });
    expect(await check("198.51.100.1", "somebody else", "guess")).toEqual({ waitSeconds: 0 });
    at += 1_000;
    expect(await check("198.51.100.1", user, password)).toMatchObject({ account: { name: user } });
    expect(await check("192.0.2.21", user, password)).toEqual({ waitSeconds: 1 });
    at += 59_000;
    for (let index = 0; index < 2; index++)
      expect(await check("198.51.100.1", user, password)).toMatchObject({ account: { name: user } });
  },
);

test("of many guesses at one name at once, from as many addresses, no more is told than of those one by one", async () => {
  const guesses = Array.from({ length: 40 }, (_, index) => check(`192.0.2.${index}`, ADA.user, `guess ${index}`));
  const told = (await Promise.all(guesses)).filter(({ waitSeconds }) => waitSeconds === 0);
  expect(told).toHaveLength(21);
});

test("of very many tries at once some are turned away, the others are looked at", async () => {
  const tries = Array.from({ length: 200 }, (_, index) => check(`192.0.2.${index}`, ADA.user, ADA.password));
  const attempts = await Promise.all(tries);
  const lookedAt = attempts.filter(({ account }) => account?.name === ADA.user);
  expect(lookedAt.length).toBeGreaterThanOrEqual(54);
  expect(lookedAt.length).toBeLessThan(200);
  expect(attempts.filter(({ waitSeconds }) => waitSeconds === 1)).toHaveLength(200 - lookedAt.length);
});

test.each(["nobody", "", "x".repeat(10_000), "ada\0", "\uD800"])(
  "a name that nobody has (%j) is refused like a wrong password",
  async (name) => expect(await check("192.0.2.1", name, ADA.password)).toEqual({ waitSeconds: 0 }),
);

test("the answer takes as long whether or not somebody has the name", async () => {
  const names = [ADA.user, OPERATOR.user, "nobody"];
  const times = names.map(() => [] as number[]);
  for (let round = 0; round < 9; round++) {
    for (const [index, name] of names.entries()) {
      const startedAt = performance.now();
      await check(`192.0.2.${round}`, name, `guess ${round}`);
      times[index]?.push(performance.now() - startedAt);
    }
  }
  const [ada = 0, builtIn = 0, nobody = 0] = times.map((taken) => taken.sort((one, other) => one - other)[4]);
  // Without the hash, which takes most of it, it would be a tenth.
  for (const known of [ada, builtIn]) {
    expect(nobody / known).toBeGreaterThan(1 / 3);
    expect(nobody / known).toBeLessThan(3);
  }
});
