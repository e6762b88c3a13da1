import { createSandboxApp } from "@millrace/sandbox";
import { recordingLogger } from "@millrace/testing/servers";
import { expect, test } from "vitest";
import { NOW } from "../../test/fetch-ports.ts";
import { bland } from "./index.ts";

const app = createSandboxApp({ now: () => NOW });
const environment = bland.local.endpoints({}, "http://sandbox.test");

function open(id: string, variables = {}) {
  const source = bland.capabilities?.media?.read({ ...environment, ...variables });
  if (!source) throw new Error("Bland fetches no recordings");
  return source.open(
    { channel: "bland", accountId: "+12025550101", media: { id } },
    {
      http: () => Promise.reject(new Error("no call is expected")),
      async download({ url, headers = {} }) {
        const { status, body, headers: received } = await app.request(url, { headers });
        return {
          status,
          headers: Object.fromEntries(received),
          body: status === 200 ? (body ?? undefined) : undefined,
        };
      },
      log: recordingLogger().log,
      now: () => NOW,
      signal: new AbortController().signal,
    },
  );
}

test("the sandbox has a recording of each call", async () => {
  const { body, mimeType } = await open("0a1b2c3d-0000-4000-8000-000000000001");
  expect(mimeType).toBe("audio/mpeg");
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  expect(Buffer.concat(chunks).length).toBeGreaterThan(1000);
});

test("an unknown call has no recording, and a wrong API key pauses the downloads", async () => {
  await expect(open("unknown")).rejects.toMatchObject({ code: "gone" });
  await expect(open("0a1b2c3d-0000-4000-8000-000000000001", { BLAND_API_KEY: "wrong" })).rejects.toMatchObject({
    next: { kind: "paused" },
  });
});
