import type { CheckOutcome, CheckPorts, Environment, ProviderCheck } from "@millrace/core";
import { ANY } from "../shared/meta/graph-tokens.ts";
import { isSwitchedOn, readHandlerConfig } from "./config.ts";
import { getGraph } from "./graph/client.ts";
import { classifyGraph } from "./graph/error.ts";

/** What a check asks for: the token, and `me` or the page that it belongs to. */
type Question = { page: string; token: string; graphBaseUrl: string };

/** Checks the token of each page. Throws EnvironmentError. */
export function metaChecks(environment: Environment): ProviderCheck[] {
  if (!isSwitchedOn(environment)) return [];
  const { pageTokens, graphBaseUrl } = readHandlerConfig(environment);
  return [...pageTokens].map(([id, token]) => ({
    check: id === ANY ? "meta page token" : `meta page ${id}`,
    remedy: "set META_PAGE_ACCESS_TOKEN to a token of the page with the permission leads_retrieval",
    run: (ports) => checkPage({ page: id === ANY ? "me" : id, token, graphBaseUrl }, ports),
  }));
}

/**
 * Reads the owner of the token, and then a lead form, which requires the permissions that leads require.
 * https://developers.facebook.com/docs/graph-api/reference/page/leadgen_forms/
 */
async function checkPage({ page, token, graphBaseUrl }: Question, ports: CheckPorts): Promise<CheckOutcome> {
  const owner = await failureOf(`${graphBaseUrl}/me?fields=id`, token, ports);
  if (owner) throw owner;
  const forms = await failureOf(`${graphBaseUrl}/${page}/leadgen_forms?fields=id&limit=1`, token, ports);
  // The default token can be one of a system user, which has no lead forms of its own.
  if (page === "me" && forms?.next.kind === "permanent")
    return { state: "ok", message: "the token is valid, but belongs to no page: its permissions are not checked" };
  if (forms) throw forms;
  return { state: "ok", message: "the token is valid, and may read lead forms" };
}

async function failureOf(url: string, token: string, ports: CheckPorts) {
  return classifyGraph(await getGraph(url, token, ports), "meta:check", ports.now());
}
