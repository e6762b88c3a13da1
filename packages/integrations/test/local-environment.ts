import { createHash } from "node:crypto";
import type { Environment, Integration } from "@millrace/core";

/** The environment of a machine without any account. Each secret is derived from the name of its variable. */
export function localEnvironment({ local }: Integration): { environment: Environment; secrets: string[] } {
  const made = Object.fromEntries(local.secrets.map((name) => [name, createHash("sha256").update(name).digest("hex")]));
  return { environment: { ...made, ...local.endpoints({}, "http://127.0.0.1:8082") }, secrets: Object.values(made) };
}
