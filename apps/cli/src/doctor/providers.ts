import {
  type CheckResult,
  type Environment,
  EnvironmentError,
  fetchHttp,
  type Integration,
  type ProviderCheck,
  runProviderCheck,
  systemNow,
} from "@millrace/core";
import { integrations } from "@millrace/integrations";

/** Longest time for one check, in ms. */
const CHECK_DEADLINE_MS = 5_000;

/** Asks the providers of all integrations whether their credentials work, all at the same time. */
export function checkProviders(environment: Environment): Promise<CheckResult[]> {
  const checks = integrations.flatMap((integration) => checksOf(integration, environment));
  const ports = { http: fetchHttp, now: systemNow };
  return Promise.all(checks.map((check) => runProviderCheck(check, ports, CHECK_DEADLINE_MS)));
}

/** Returns no check if a variable is wrong, because another check reports that. */
function checksOf(integration: Integration, environment: Environment): readonly ProviderCheck[] {
  try {
    return integration.checks?.(environment) ?? [];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return [];
  }
}
