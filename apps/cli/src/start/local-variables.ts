import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { Environment, Integration } from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { localEnvFile, readEnvFile } from "../env.ts";

/**
 * The variables that a run without any account lacks: secrets made up once and kept in `.millrace/local.env`, a
 * sign-in for the dashboard, and the sandbox's address where no real token and no webhook for alerts is set. What is set
 * stays as it is.
 * `sandboxed` are the integrations that talk to the sandbox.
 */
export function localVariables(
  environment: Environment,
  sandboxUrl: string,
): { variables: Record<string, string>; sandboxed: Integration[] } {
  const kept = readEnvFile(localEnvFile);
  const secrets = [...integrations.flatMap(({ local }) => local.secrets), "API_KEYS", "DASHBOARD_PASSWORD"];
  const missing = secrets.filter((name) => !environment[name]);
  const made = Object.fromEntries(missing.map((name) => [name, kept[name] ?? randomBytes(16).toString("hex")]));
  if (missing.some((name) => kept[name] === undefined)) {
    const lines = Object.entries({ ...kept, ...made }).map(([name, value]) => `${name}=${value}`);
    writeFileSync(localEnvFile, `${lines.join("\n")}\n`, { mode: 0o600 });
  }
  const alerts = environment["ALERT_WEBHOOK_URL"] ? {} : { ALERT_WEBHOOK_URL: `${sandboxUrl}/alerts` };
  const endpoints = integrations.map(({ local }) => local.endpoints(environment, sandboxUrl));
  return {
    variables: Object.assign(
      { DASHBOARD_USER: environment["DASHBOARD_USER"] || "operator" },
      alerts,
      made,
      ...endpoints,
    ),
    sandboxed: integrations.filter((_, index) =>
      Object.values(endpoints[index] ?? {}).some((value) => value.startsWith(sandboxUrl)),
    ),
  };
}
