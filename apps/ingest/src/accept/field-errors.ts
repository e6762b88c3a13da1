import type { z } from "zod";
import type { FieldError } from "../http/problem.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Most errors in one response. A caller who corrects these gets the rest with the next request. */
const MAX_ERRORS = 20;

/** Longest name of an unknown field that is repeated in the response, in characters. */
const MAX_KEY_LENGTH = 100;

/**
 * Lists the invalid fields of a body. For a union it reports the branch that the caller most likely meant. It reads the
 * body only to find absent fields: the response repeats names of fields, never values.
 */
export function fieldErrors(error: z.ZodError, body: unknown): FieldError[] {
  return error.issues.flatMap((issue) => explain(issue, [], body)).slice(0, MAX_ERRORS);
}

function explain(issue: Issue, base: Path, body: unknown): FieldError[] {
  const path = [...base, ...issue.path];
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => fieldError([...path, key], "is not a known field"));
  if (issue.code !== "invalid_union")
    return [fieldError(path, issue.code !== "custom" && isAbsent(body, path) ? "is required" : messageOf(issue))];
  if (issue.errors.length > 0) return explainUnion(issue.errors, path, body);
  const options = "options" in issue && Array.isArray(issue.options) ? issue.options : [];
  return [fieldError(path, options.length > 0 ? oneOf(options) : messageOf(issue))];
}

function explainUnion(branches: readonly Issue[][], path: Path, body: unknown): FieldError[] {
  if (isAbsent(body, path)) return [fieldError(path, "is required")];
  const tagged = sharedTag(branches);
  if (tagged) return [fieldError([...path, ...tagged.path], oneOf(tagged.values))];
  const least = Math.min(...branches.map(distance));
  const nearest = branches.filter((branch) => distance(branch) === least);
  return nearest.length > 1 ? [fieldError(path, choice(nearest, path, body))] : explainAll(nearest.flat(), path, body);
}

function explainAll(issues: readonly Issue[], path: Path, body: unknown): FieldError[] {
  return issues.flatMap((issue) => explain(issue, path, body));
}

/** How far the value is from a branch. A wrong discriminator and a wrong type weigh most. */
function distance(branch: readonly Issue[]): number {
  return branch.reduce((sum, issue) => {
    if (issue.code === "unrecognized_keys") return sum + issue.keys.length;
    if (issue.code === "invalid_value") return sum + 10;
    return sum + (issue.path.length === 0 && issue.code === "invalid_type" ? 100 : 1);
  }, 0);
}

/** The field that every branch discriminates by, e.g. `type`. */
function sharedTag(branches: readonly Issue[][]): { path: Path; values: unknown[] } | undefined {
  const tags = branches.map((branch) => branch.find((issue) => issue.code === "invalid_value"));
  const path = tags[0]?.path;
  if (!path || !tags.every((tag) => tag && String(tag.path) === String(path))) return undefined;
  return { path, values: tags.flatMap((tag) => tag?.values ?? []) };
}

/** The message when several branches are equally near. */
function choice(branches: readonly Issue[][], path: Path, body: unknown): string {
  const issues = branches.flat();
  const names = [...new Set(issues.flatMap((issue) => ("keys" in issue ? issue.keys : issue.path.map(String))))];
  if (issues.every((issue) => issue.code === "unrecognized_keys")) return `must have only one of ${names.join(", ")}`;
  if (issues.every((issue) => issue.path.length > 0 && isAbsent(body, [...path, ...issue.path])))
    return `must have one of ${names.join(", ")}`;
  return [...new Set(issues.map(messageOf))].join(", or ");
}

/** zod's message, which names types and limits but no values. */
function messageOf(issue: Issue): string {
  return issue.message.replace(/^Invalid input: (?=.)/, "").replace(/, received \w+$/, "");
}

function oneOf(values: readonly unknown[]): string {
  return `must be one of ${values.map(String).join(", ")}`;
}

function isAbsent(body: unknown, path: Path): boolean {
  let value = body;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return true;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value === undefined;
}

function fieldError(path: Path, detail: string): FieldError {
  const parts = path.map((part) => String(part).slice(0, MAX_KEY_LENGTH));
  const pointer = parts.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  return { pointer, field: parts.join("."), detail };
}
