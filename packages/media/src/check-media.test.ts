import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startS3Server } from "../test/s3-server.ts";
import { checkMedia } from "./check-media.ts";

beforeAll(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(() => {
  vi.unstubAllEnvs();
});

test("the check of a folder passes without leaving a file, and fails when the folder is a file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "millrace-media-"));
  expect(await checkMedia({ store: "folder", folder })).toMatchObject({ check: "media folder", state: "ok" });
  expect(await readdir(folder)).toEqual([]);
  const file = join(folder, "file");
  await writeFile(file, "");
  expect(await checkMedia({ store: "folder", folder: file })).toMatchObject({ state: "fail" });
});

test("the check of a bucket passes when it responds, and fails when it does not", async () => {
  const server = await startS3Server();
  const config = { store: "s3", bucket: server.bucket, endpoint: server.url, region: "auto" } as const;
  expect(await checkMedia(config)).toMatchObject({ check: "media bucket", state: "ok" });
  await server.close();
  expect(await checkMedia(config)).toMatchObject({ state: "fail", message: expect.stringContaining("ECONNREFUSED") });
});
