import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { Environment, Integration } from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { localEnvFile, readEnvFile } from "../env.ts";
import { isSandboxed } from "./sandboxed.ts";

/**
 * Completes the environment so that Millrace runs without an account at any platform: secrets that are generated once
 * and kept in `.millrace/local.env`, a sign-in for the dashboard, and the sandbox's address for every integration without
 * a real credential and for alerts without a webhook. Variables that are set stay unchanged.
 * @returns the variables to add, and the integrations with accounts of the sandbox tenant
 */
export function localVariables(
  environment: Environment,
  sandboxUrl: string,
): { variables: Record<string, string>; sandboxed: Integration[] } {
  const earlier = readEnvFile(localEnvFile);
  const secrets = [...integrations.flatMap(({ local }) => local.secrets), "API_KEYS", "DASHBOARD_PASSWORD"];
  const missing = secrets.filter((name) => !environment[name]);
  const generated = Object.fromEntries(missing.map((name) => [name, earlier[name] ?? randomBytes(16).toString("hex")]));
  if (missing.some((name) => earlier[name] === undefined)) {
    const lines = Object.entries({ ...earlier, ...generated }).map(([name, value]) => `${name}=${value}`);
    writeFileSync(localEnvFile, `${lines.join("\n")}\n`, { mode: 0o600 });
  }
  const alerts = environment["ALERT_WEBHOOK_URL"] ? {} : { ALERT_WEBHOOK_URL: `${sandboxUrl}/alerts` };
  const real = withoutGenerated(environment, earlier);
  const endpoints = integrations.map(({ local }) => local.endpoints(real, sandboxUrl));
  return {
    variables: Object.assign(
      { DASHBOARD_USER: environment["DASHBOARD_USER"] || "operator" },
      alerts,
      generated,
      ...endpoints,
    ),
    sandboxed: integrations.filter((_, index) => isSandboxed(endpoints[index] ?? {}, sandboxUrl)),
  };
}

/**
 * Returns the environment without the secrets that an earlier start generated, which are no credentials of a real account.
 */
export function withoutGenerated(environment: Environment, generated: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name, value]) => value !== generated[name]));
}
