import { type Http, runProviderCheck, toggleOf } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { NOW } from "../test/fetch-ports.ts";
import { localEnvironment } from "../test/local-environment.ts";
import { checkedSandbox, runUnreachable } from "../test/run-checks.ts";
import { integrations } from "./registry.ts";

const withChecks = integrations.filter(({ checks }) => checks !== undefined);

describe.each(withChecks.map((integration) => [integration.id, integration] as const))("%s", (id, integration) => {
  const { environment, secrets } = localEnvironment(integration);

  test("every check succeeds in the sandbox, and has a name of its own", async () => {
    const results = await checkedSandbox(integration).run();
    expect(results.length).toBeGreaterThan(0);
    expect(results.filter(({ state }) => state !== "ok")).toEqual([]);
    expect(new Set(results.map(({ check }) => check)).size).toBe(results.length);
    for (const { check } of results) expect(check.startsWith(id)).toBe(true);
  });

  test("an unreachable provider is a problem with a remedy", async () => {
    for (const result of await runUnreachable(integration))
      expect(result).toMatchObject({ state: "warn", message: expect.any(String), remedy: expect.any(String) });
  });

  test("an integration that is switched off has no checks", () => {
    const toggles = [toggleOf(id), ...Object.keys(environment).filter((name) => name.endsWith("_ENABLED"))];
    const off = Object.fromEntries(toggles.map((name) => [name, "false"]));
    expect(integration.checks?.({ ...environment, ...off })).toEqual([]);
  });

  test("a check only reads", async () => {
    const methods = new Set<string>();
    await runAll(async ({ method, url }) => {
      methods.add(method === "POST" ? (url.split("/").at(-1) ?? "") : method);
      return { status: 200, headers: {}, json: { ok: true, result: { url: "" } } };
    });
    for (const method of methods) expect(["GET", "getMe", "getWebhookInfo"]).toContain(method);
  });

  test("no result contains a secret, also if a response repeats the request", async () => {
    for (const status of [200, 302, 400, 401, 403, 404, 429, 500])
      for (const code of [status, 10, 100, 190]) {
        const echo: Http = async ({ url, headers = {} }) => {
          const text = `${url} ${JSON.stringify(headers)} ${tokens.join(" ")}`;
          const error = { code, message: text, status: text, error_subcode: 463, fbtrace_id: text };
          const fields = {
            status: text,
            quality_rating: text,
            url: text,
            last_error_message: text,
            last_error_date: SECONDS,
          };
          const json = { ...fields, ok: status < 300, error_code: status, description: text, result: fields };
          return { status, headers: {}, json: status < 300 ? json : { ...json, error } };
        };
        const printed = JSON.stringify(await runAll(echo));
        expect(tokens.filter((token) => printed.includes(token))).toEqual([]);
      }
  });

  const SECONDS = Math.floor(NOW.getTime() / 1000);
  /** The credentials of the sandbox are the word "sandbox", which is no secret: these tests use others. */
  const credentials = Object.fromEntries(
    Object.entries(environment)
      .filter(([, value]) => value === "sandbox")
      .map(([name]) => [name, `${name.toLowerCase()}-hush`]),
  );
  const tokens = [...secrets, ...Object.values(credentials)];

  function runAll(http: Http) {
    const checks = integration.checks?.({ ...environment, ...credentials }) ?? [];
    return Promise.all(checks.map((check) => runProviderCheck(check, { http, now: () => NOW }, 5_000)));
  }
});
