import { hash, verify } from "@node-rs/argon2";

/** Argon2id, the library's default, with OWASP's minimum parameters: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes a password to a PHC string. Each call uses a new salt, so the same password gets different hashes. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, COST);
}

/** Whether a password matches its hash. Rejects when the hash is malformed. */
export function passwordMatches(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, password);
}
