import { z } from "zod";

/** Variables like those in `process.env`; only an app's `env.ts` reads the real one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Stops the start of a process: one readable line per variable, never with its value. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`these environment variables are missing or wrong:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/**
 * Reads variables with a zod object that has their names as keys. An empty variable counts as unset.
 * @throws EnvironmentError that names each invalid variable and what it must be
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
 * Reads several groups of variables and reports the problems of all groups at once.
 * @throws EnvironmentError with the problems of every group
 */
export function readAll<T extends Record<string, () => unknown>>(
  readers: T,
): { [Group in keyof T]: ReturnType<T[Group]> } {
  const problems: string[] = [];
  const read = Object.entries(readers).map(([name, reader]) => {
    try {
      return [name, reader()];
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      problems.push(...error.problems);
      return [name, undefined];
    }
  });
  if (problems.length > 0) throw new EnvironmentError([...new Set(problems)]);
  return Object.fromEntries(read) as { [Group in keyof T]: ReturnType<T[Group]> };
}

/** A variable that is `true` or `false`, with a default. */
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

/** One or more secrets separated by commas, so that an old and a new one are both valid during a rotation. */
export const secretList = z
  .string()
  .transform((text) =>
    text
      .split(",")
      .map((secret) => secret.trim())
      .filter((secret) => secret !== ""),
  )
  .pipe(z.array(z.string()).min(1, "must hold at least one secret"));

/** An http(s) base URL, without its trailing slashes. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .transform((url) => url.replace(/\/+$/, ""));

/** {@link httpUrl} with a default. */
export function baseUrl(fallback: string) {
  return httpUrl.prefault(fallback);
}
