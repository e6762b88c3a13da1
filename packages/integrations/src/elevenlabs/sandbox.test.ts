import { createSandboxApp } from "@millrace/sandbox";
import { recordingLogger } from "@millrace/testing/servers";
import { expect, test } from "vitest";
import { NOW } from "../../test/fetch-ports.ts";
import { elevenlabs } from "./index.ts";

const app = createSandboxApp({ now: () => NOW });
const environment = elevenlabs.local.endpoints({}, "http://sandbox.test");

function open(id: string, variables = {}) {
  const source = elevenlabs.capabilities?.media?.read({ ...environment, ...variables });
  if (!source) throw new Error("ElevenLabs fetches no recordings");
  return source.open(
    { channel: "elevenlabs", accountId: "agent_1", media: { id } },
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

test("the sandbox has a recording of each conversation", async () => {
  const { body, mimeType } = await open("conv_completed_1");
  expect(mimeType).toBe("audio/mpeg");
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  expect(Buffer.concat(chunks).length).toBeGreaterThan(1000);
});

test("an unknown conversation has no recording, and a wrong API key pauses the downloads", async () => {
  await expect(open("unknown")).rejects.toMatchObject({ code: "gone" });
  await expect(open("conv_1", { ELEVENLABS_API_KEY: "sk_wrong" })).rejects.toMatchObject({ next: { kind: "paused" } });
});
