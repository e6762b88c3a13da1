import { ProviderError } from "@millrace/core";
import { expect, test } from "vitest";
import { chunks, failedResponses, openAnswered, openInSandbox } from "../../test/recordings.ts";
import { bland } from "./index.ts";
import { blandRecordings } from "./recording.ts";

const source = blandRecordings({ apiKey: "org_weir", baseUrl: "https://bland.test" });
const target = { channel: "bland", accountId: "+12025550101", id: "0a1b2c3d-0000-4000-8000-000000000001" };

test("a recording is fetched with the API key by the id of its call, as MP3", async () => {
  const headers = { "content-type": "audio/mpeg" };
  const response = { status: 200, headers, body: chunks("mp3") };
  const { opened, requests } = openAnswered(source, { ...target, id: "c/../1" }, response);
  expect(await opened).toMatchObject({ mimeType: "audio/mpeg", sha256: undefined, sizeBytes: undefined });
  expect(requests).toEqual([
    {
      method: "GET",
      url: "https://bland.test/v1/recordings/c%2F..%2F1",
      headers: { authorization: "org_weir", "content-type": "audio/mpeg" },
    },
  ]);
});

test.each(failedResponses("bland:api"))("fetching a recording fails %s", async (_, response, expected) => {
  const failure: unknown = await openAnswered(source, target, response).opened.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ProviderError);
  expect(failure).toMatchObject(expected);
  expect(String(failure)).not.toMatch(/org_weir|bland\.test/);
});

test("the sandbox has a recording of each call", async () => {
  const { body, mimeType } = await openInSandbox(bland, target);
  expect(mimeType).toBe("audio/mpeg");
  const received: Uint8Array[] = [];
  for await (const chunk of body) received.push(chunk);
  expect(Buffer.concat(received).length).toBeGreaterThan(1000);
});

test("an unknown call has no recording, and a wrong API key pauses the downloads", async () => {
  await expect(openInSandbox(bland, { ...target, id: "unknown" })).rejects.toMatchObject({ code: "gone" });
  const wrong = openInSandbox(bland, target, { BLAND_API_KEY: "wrong" });
  await expect(wrong).rejects.toMatchObject({ next: { kind: "paused" } });
});
