import { ProviderError } from "@millrace/core";
import { expect, test } from "vitest";
import { chunks, failedResponses, openAnswered, openInSandbox } from "../../test/recordings.ts";
import { elevenlabs } from "./index.ts";
import { elevenLabsRecordings } from "./recording.ts";

const source = elevenLabsRecordings({ apiKey: "sk_weir", baseUrl: "https://elevenlabs.test" });
const target = { channel: "elevenlabs", accountId: "agent_1", id: "conv_completed_1" };

test("a recording is fetched with the API key by the id of its conversation", async () => {
  const headers = { "content-type": "audio/mpeg" };
  const response = { status: 200, headers, body: chunks("mp3") };
  const { opened, requests } = openAnswered(source, { ...target, id: "conv/../1" }, response);
  expect(await opened).toMatchObject({ mimeType: "audio/mpeg", sha256: undefined, sizeBytes: undefined });
  expect(requests).toEqual([
    {
      method: "GET",
      url: "https://elevenlabs.test/v1/convai/conversations/conv%2F..%2F1/audio",
      headers: { "xi-api-key": "sk_weir" },
    },
  ]);
});

test.each(failedResponses("elevenlabs:api"))("fetching a recording fails %s", async (_, response, expected) => {
  const failure: unknown = await openAnswered(source, target, response).opened.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ProviderError);
  expect(failure).toMatchObject(expected);
  expect(String(failure)).not.toMatch(/sk_weir|elevenlabs\.test/);
});

test("the sandbox has a recording of each conversation", async () => {
  const { body, mimeType } = await openInSandbox(elevenlabs, target);
  expect(mimeType).toBe("audio/mpeg");
  const received: Uint8Array[] = [];
  for await (const chunk of body) received.push(chunk);
  expect(Buffer.concat(received).length).toBeGreaterThan(1000);
});

test("an unknown conversation has no recording, and a wrong API key pauses the downloads", async () => {
  await expect(openInSandbox(elevenlabs, { ...target, id: "unknown" })).rejects.toMatchObject({ code: "gone" });
  const wrong = openInSandbox(elevenlabs, target, { ELEVENLABS_API_KEY: "sk_wrong" });
  await expect(wrong).rejects.toMatchObject({ next: { kind: "paused" } });
});
