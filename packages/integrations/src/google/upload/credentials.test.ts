import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { accessTokens } from "./credentials.ts";

/** A token service that returns `token-1`, `token-2`, … or `rejection`. */
let server: Server;
let folder: string;
let file: string;
let requests: URLSearchParams[];
let rejection: { status: number; body: object } | undefined;

beforeEach(async () => {
  requests = [];
  rejection = undefined;
  server = createServer((request, response) => {
    void request.toArray().then((chunks) => {
      requests.push(new URLSearchParams(chunks.join("")));
      response.writeHead(rejection?.status ?? 200, { "content-type": "application/json" });
      const token = { access_token: `token-${requests.length}`, token_type: "Bearer", expires_in: 3600 };
      response.end(JSON.stringify(rejection?.body ?? token));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  folder = mkdtempSync(join(tmpdir(), "google-credentials-"));
  file = join(folder, "credentials.json");
  const subject = join(folder, "subject-token");
  writeFileSync(subject, "s3cret");
  writeFileSync(
    file,
    JSON.stringify({
      type: "external_account",
      audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
      credential_source: { file: subject },
    }),
  );
});
afterEach(async () => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function tokens(credentials = file) {
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", credentials);
  // Without it the library asks Google for the project.
  vi.stubEnv("GOOGLE_CLOUD_PROJECT", "acme-ads");
  return accessTokens(undefined);
}

test("a token is fetched once, and again when it is rejected", async () => {
  const accessToken = tokens();
  expect(await Promise.all([accessToken(false), accessToken(false)])).toEqual(["token-1", "token-1"]);
  expect(await accessToken(true)).toBe("token-2");
  expect(await accessToken(false)).toBe("token-2");
  expect(requests.map((body) => body.get("scope"))).toEqual(
    Array(2).fill("https://www.googleapis.com/auth/datamanager"),
  );
});

test("a configured token is used without a request", async () => {
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/at-all.json");
  const accessToken = accessTokens("sandbox");
  expect([await accessToken(false), await accessToken(true)]).toEqual(["sandbox", "sandbox"]);
});

const paused = {
  next: { kind: "paused", scope: "google:project" },
  message: "Google's credentials are missing or not valid: see GOOGLE_APPLICATION_CREDENTIALS",
};

test("rejected credentials and a missing or invalid file pause the project, and the error contains no secret", async () => {
  const accessToken = tokens();
  rejection = { status: 400, body: { error: "invalid_grant", error_description: "s3cret" } };
  await expect(accessToken(false)).rejects.toMatchObject(paused);
  rejection = undefined;
  expect(await accessToken(false)).toMatch(/^token-/);
  await expect(tokens(`${file}.gone`)(false)).rejects.toMatchObject(paused);
  const early = tokens(`${file}.late`);
  await expect(early(false)).rejects.toMatchObject(paused);
  copyFileSync(file, `${file}.late`);
  expect(await early(false)).toMatch(/^token-/);
  writeFileSync(file, "{ s3cret");
  await expect(tokens()(false)).rejects.toMatchObject(paused);
});

test("an unreachable token service makes Google unavailable", async () => {
  rejection = { status: 403, body: {} };
  await expect(tokens()(false)).rejects.toMatchObject(paused);
  const accessToken = tokens();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await expect(accessToken(false)).rejects.toMatchObject({
    next: { kind: "unavailable", scope: "google:project" },
    code: "token",
  });
});
