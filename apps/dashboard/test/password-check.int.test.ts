import { uuidv7 } from "@millrace/core";
import { createOperators, openDatabase } from "@millrace/db";
import { recordingLogger, useTestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createPasswordCheck, type PasswordCheck } from "../src/sign-in/password-check.ts";
import { OPERATOR, setOperator } from "./dashboard-server.ts";

const ADA = { user: "ada", password: "a pass phrase of hers" };

const testDatabase = useTestDatabase();
const database = openDatabase(testDatabase.url, { maxConnections: 2, name: "test" });
let check: PasswordCheck;
let at: number;

beforeAll(async () => {
  await setOperator({ database }, { ...ADA, role: "viewer" });
});
afterAll(() => database.close());
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
  "after twenty wrong passwords for $user one attempt per second is checked, so that nobody is locked out",
  async ({ user, password }) => {
    for (let index = 0; index < 20; index++)
      expect(await check(`192.0.2.${index}`, user, `guess ${index}`)).toEqual({ waitSeconds: 0 });
    expect(await check("192.0.2.20", user, "guess 20")).toEqual({ waitSeconds: 0 });
    expect(await check("198.51.100.1", user, password)).toEqual({ waitSeconds: 1 });
    expect(await check("198.51.100.1", "somebody else", "guess")).toEqual({ waitSeconds: 0 });
    at += 1_000;
    expect(await check("198.51.100.1", user, password)).toMatchObject({ operator: { name: user } });
    expect(await check("192.0.2.21", user, password)).toEqual({ waitSeconds: 1 });
    at += 59_000;
    for (let index = 0; index < 2; index++)
      expect(await check("198.51.100.1", user, password)).toMatchObject({ operator: { name: user } });
  },
);

test("concurrent guesses for one name, from many addresses, reveal no more than consecutive ones", async () => {
  const guesses = Array.from({ length: 40 }, (_, index) => check(`192.0.2.${index}`, ADA.user, `guess ${index}`));
  const checked = (await Promise.all(guesses)).filter(({ waitSeconds }) => waitSeconds === 0);
  expect(checked).toHaveLength(21);
});

test("of 200 concurrent attempts some are rejected and the others are checked", async () => {
  const requests = Array.from({ length: 200 }, (_, index) => check(`192.0.2.${index}`, ADA.user, ADA.password));
  const attempts = await Promise.all(requests);
  const checked = attempts.filter(({ operator }) => operator?.name === ADA.user);
  expect(checked.length).toBeGreaterThanOrEqual(54);
  expect(checked.length).toBeLessThan(200);
  expect(attempts.filter(({ waitSeconds }) => waitSeconds === 1)).toHaveLength(200 - checked.length);
});

test.each(["nobody", "", "x".repeat(10_000), "ada\0", "\uD800"])(
  "an unknown name (%j) has the same result as a wrong password",
  async (name) => expect(await check("192.0.2.1", name, ADA.password)).toEqual({ waitSeconds: 0 }),
);

test("the response time is the same for a known and an unknown name", async () => {
  const names = [ADA.user, OPERATOR.user, "nobody"];
  const times = names.map(() => [] as number[]);
  for (let run = 0; run < 9; run++) {
    for (const [index, name] of names.entries()) {
      const startedAt = performance.now();
      await check(`192.0.2.${run}`, name, `guess ${run}`);
      times[index]?.push(performance.now() - startedAt);
    }
  }
  const [ada = 0, builtIn = 0, unknown = 0] = times.map((durations) => durations.sort((one, other) => one - other)[4]);
  // Most of the time is the hash. Without it, the response to an unknown name would take a tenth.
  for (const known of [ada, builtIn]) {
    expect(unknown / known).toBeGreaterThan(1 / 3);
    expect(unknown / known).toBeLessThan(3);
  }
});
