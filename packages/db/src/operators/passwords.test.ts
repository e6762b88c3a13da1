import { expect, test } from "vitest";
import { hashPassword, passwordMatches } from "./passwords.ts";

test("a hash is Argon2id with its own salt, and only its password matches it", async () => {
  const [one, another] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(one).not.toBe(another);
  for (const hash of [one, another]) {
    expect(await passwordMatches(hash, "correct horse")).toBe(true);
    expect(await passwordMatches(hash, "correct horse ")).toBe(false);
    expect(await passwordMatches(hash, "")).toBe(false);
  }
});
