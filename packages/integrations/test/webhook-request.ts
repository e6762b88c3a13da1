import { type Environment, localRequestUrl, type RawRequest, type Sample, type Webhook } from "@millrace/core";

/** Whether a sample is a request to the webhook, and not to another webhook or an API route. */
export function isFor({ paths }: Webhook, { path }: Sample): boolean {
  const { pathname } = new URL(path, "http://127.0.0.1");
  return paths.some((pattern) => paramsOf(pattern, pathname) !== undefined);
}

/** The request that ingest passes to a route for a sample. */
export function requestOf(
  paths: readonly string[],
  { path, headers, body }: Sample,
  environment: Environment,
): RawRequest {
  const { pathname, searchParams: query } = new URL(path, "http://127.0.0.1");
  const params = paths.map((pattern) => paramsOf(pattern, pathname)).find((found) => found !== undefined);
  if (!params) throw new Error("the route does not have the sample's path");
  const lowerCase = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const url = localRequestUrl(environment, path);
  return { method: "POST", url, headers: lowerCase, query, params, body: Buffer.from(body) };
}

/** Whether a request authenticates with the webhook's own secrets. */
export function isAuthentic(
  webhook: Webhook,
  request: RawRequest,
  now = new Date("2026-11-22T08:00:00.000Z"),
): boolean | Promise<boolean> {
  return webhook.authenticate(request, { now, secrets: webhook.secrets });
}

/** The parameters of a path that matches a pattern; undefined if it does not match. */
function paramsOf(pattern: string, path: string): Record<string, string> | undefined {
  const parts = path.split("/");
  const expected = pattern.split("/");
  const same = (part: string, index: number) => (part.startsWith(":") ? parts[index] !== "" : part === parts[index]);
  if (parts.length !== expected.length || !expected.every(same)) return undefined;
  const params = expected.map((part, index): [string, string] => [part, parts[index] ?? ""]);
  return Object.fromEntries(
    params.filter(([part]) => part.startsWith(":")).map(([part, value]) => [part.slice(1), value]),
  );
}
