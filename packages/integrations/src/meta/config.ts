import { baseUrl, type Environment, EnvironmentError, flag, readEnvironment, secretList } from "@millrace/core";
import { z } from "zod";

const toggle = z.object({ META_WEBHOOK_ENABLED: flag(true) });

const webhookVariables = z.object({
  META_APP_SECRET: secretList,
  META_WEBHOOK_VERIFY_TOKEN: secretList,
  META_VERIFY_SIGNATURE: flag(true),
  NODE_ENV: z.string().optional(),
});

/** What the webhook needs: secrets to check with, none to fetch leads with. */
export type WebhookConfig = {
  appSecrets: string[];
  verifyTokens: string[];
  /** False only on an engineer's machine. */
  verifySignature: boolean;
};

/**
 * Reads {@link WebhookConfig}; undefined when switched off.
 * @throws EnvironmentError when a secret is missing, or when production is told not to check signatures
 */
export function readWebhookConfig(environment: Environment): WebhookConfig | undefined {
  if (!readEnvironment(toggle, environment).META_WEBHOOK_ENABLED) return undefined;
  const variables = readEnvironment(webhookVariables, environment);
  if (!variables.META_VERIFY_SIGNATURE && variables.NODE_ENV === "production")
    throw new EnvironmentError(["META_VERIFY_SIGNATURE: must not be false where NODE_ENV is production"]);
  return {
    appSecrets: variables.META_APP_SECRET,
    verifyTokens: variables.META_WEBHOOK_VERIFY_TOKEN,
    verifySignature: variables.META_VERIFY_SIGNATURE,
  };
}

/** The page id of {@link PageTokens} that stands for every page without a token of its own. */
const ANY_PAGE = "*";

/** Access tokens by page id. */
export type PageTokens = ReadonlyMap<string, string>;

/** One token for every page, or `pageid=token` pairs separated by commas; both together are good as well. */
const pageTokens = secretList.transform((entries, context): PageTokens => {
  const pairs = entries.map((entry): [string, string] => {
    const [, page, token] = /^(\d+)=(.+)$/.exec(entry) ?? [];
    return page === undefined || token === undefined ? [ANY_PAGE, entry] : [page, token];
  });
  if (new Set(pairs.map(([page]) => page)).size < pairs.length)
    context.addIssue("must hold one token, or pageid=token pairs with each page once");
  return new Map(pairs);
});

/** The token to fetch a page's leads with, if there is one. */
export function tokenOfPage(tokens: PageTokens, pageId: string): string | undefined {
  return tokens.get(pageId) ?? tokens.get(ANY_PAGE);
}

/**
 * Where the Graph API is. The version is a part of it, so that moving to the next is a change of this one line, and
 * trying it a change of the variable. https://developers.facebook.com/docs/graph-api/changelog/versions
 */
const GRAPH_BASE_URL = "https://graph.facebook.com/v26.0";

const endpoint = z.object({ GRAPH_BASE_URL: baseUrl(GRAPH_BASE_URL) });

const tokens = z.object({ META_PAGE_ACCESS_TOKEN: pageTokens });

/** What the worker needs to fetch leads. */
export type HandlerConfig = { pageTokens: PageTokens; graphBaseUrl: string };

/**
 * Reads {@link HandlerConfig}. Where the webhook is switched off no token is needed: leads taken in before that wait.
 * @throws EnvironmentError
 */
export function readHandlerConfig(environment: Environment): HandlerConfig {
  const needed = readEnvironment(toggle, environment).META_WEBHOOK_ENABLED;
  const given = needed || environment["META_PAGE_ACCESS_TOKEN"];
  return {
    pageTokens: given ? readEnvironment(tokens, environment).META_PAGE_ACCESS_TOKEN : new Map(),
    graphBaseUrl: readEnvironment(endpoint, environment).GRAPH_BASE_URL,
  };
}
