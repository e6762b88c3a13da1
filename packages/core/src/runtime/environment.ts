import { z } from "zod";

/** Variables as `process.env` holds them; only an app's `env.ts` reads the real one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Why a process does not start: one readable line per variable, and never a value. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the environment is not usable:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/**
 * Reads variables by a zod object whose keys are their names. An empty variable counts as unset.
 * @throws EnvironmentError naming each wrong variable and what is expected of it
 */
export function readEnvironment<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>, environment: Environment) {
  const given = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, environment[name] || undefined]));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new EnvironmentError(
    parsed.error.issues.map((issue) => {
      const name = issue.path.join(".");
      return given[name] === undefined ? `${name} is missing` : `${name}: ${issue.message}`;
    }),
  );
}

/**
 * Reads several parts of the environment and reports what is wrong with all of them at once.
 * @throws EnvironmentError with the problems of every part
 */
export function readAll<T extends Record<string, () => unknown>>(parts: T): { [Part in keyof T]: ReturnType<T[Part]> } {
  const problems: string[] = [];
  const read = Object.entries(parts).map(([name, part]) => {
    try {
      return [name, part()];
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      problems.push(...error.problems);
      return [name, undefined];
    }
  });
  if (problems.length > 0) throw new EnvironmentError([...new Set(problems)]);
  return Object.fromEntries(read) as { [Part in keyof T]: ReturnType<T[Part]> };
}

/** `true` or `false`, with a default. */
export function flag(fallback: boolean) {
  return z
    .enum(["true", "false"], { error: "must be true or false" })
    .optional()
    .transform((value) => (value === undefined ? fallback : value === "true"));
}

/** A TCP port, with a default. */
export function port(fallback: number) {
  return z.coerce.number({ error: "must be a port" }).int().min(0).max(65_535).default(fallback);
}

/** One or more secrets separated by commas, so that an old and a new one can both be good for a while. */
export const secretList = z
  .string()
  .transform((text) =>
    text
      .split(",")
      .map((secret) => secret.trim())
      .filter((secret) => secret !== ""),
  )
  .pipe(z.array(z.string()).min(1, "must hold at least one secret"));

/** An http(s) base URL without a slash at its end. */
export function baseUrl(fallback: string) {
  return z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .default(fallback)
    .transform((url) => url.replace(/\/+$/, ""));
}
