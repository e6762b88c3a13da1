import {
  type CheckResult,
  type Http,
  type Integration,
  parseJsonBody,
  unavailable,
  runProviderCheck,
} from "@millrace/core";
import { createSandboxApp } from "@millrace/sandbox";
import { NOW } from "./fetch-ports.ts";
import { localEnvironment } from "./local-environment.ts";

/** A sandbox with the checks of an integration. */
export type CheckedSandbox = {
  /** Runs the checks with the environment of a machine without any account, and with these variables. */
  run(variables?: Record<string, string>): Promise<CheckResult[]>;
  /** Calls a route of the sandbox with a JSON body. Rejects if the sandbox refuses it. */
  post(path: string, body: object): Promise<void>;
};

/** Creates {@link CheckedSandbox}. */
export function checkedSandbox(integration: Integration): CheckedSandbox {
  const app = createSandboxApp({ now: () => NOW });
  const http: Http = async ({ url, method, headers = {}, body }) => {
    const response = await app.request(url, { method, headers, ...(body === undefined ? {} : { body }) });
    const parsed = parseJsonBody(new Uint8Array(await response.arrayBuffer()));
    const json = parsed.ok ? parsed.value : undefined;
    return { status: response.status, headers: Object.fromEntries(response.headers), json };
  };
  return {
    run: (variables = {}) => runChecks(integration, variables, http),
    async post(path, body) {
      const headers = { "content-type": "application/json" };
      const { status } = await app.request(path, { method: "POST", headers, body: JSON.stringify(body) });
      if (status >= 300) throw new Error(`the sandbox refuses ${path}`);
    },
  };
}

/** Runs the checks while the provider is unreachable. */
export function runUnreachable(integration: Integration): Promise<CheckResult[]> {
  return runChecks(integration, {}, () => Promise.reject(unavailable("network failure: ECONNREFUSED")));
}

function runChecks(integration: Integration, variables: Record<string, string>, http: Http): Promise<CheckResult[]> {
  const checks = integration.checks?.({ ...localEnvironment(integration).environment, ...variables }) ?? [];
  return Promise.all(checks.map((check) => runProviderCheck(check, { http, now: () => NOW }, 5_000)));
}
