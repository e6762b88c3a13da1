import { readdirSync, readFileSync } from "node:fs";
import { EVENT_VERSION, ProviderError, type ParsedEvent } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { contentOf } from "./inbound/content.ts";
import { whatsappHandler } from "./inbound/handler.ts";
import { parseWhatsappWebhook } from "./webhook/parse.ts";
import { adapterContext } from "./test/adapter-context.ts";

const folder = new URL("fixtures/", import.meta.url);

/** A fixture: the body of a webhook and the expected result of each of its events. */
const fixture = z.strictObject({
  title: z.string(),
  body: z.unknown(),
  events: z.array(
    z.strictObject({
      kind: z.string(),
      /** The content of a message. */
      content: z.record(z.string(), z.unknown()).optional(),
      /** The reason of the dead letter; absent if the event is handled. */
      fails: z.string().optional(),
    }),
  ),
});

const cases = readdirSync(folder).map((file) => ({
  file,
  ...fixture.parse(JSON.parse(readFileSync(new URL(file, folder), "utf8"))),
}));

describe.each(cases)("$file: $title", ({ body, events: expected }) => {
  const events = parseWhatsappWebhook({ body: Buffer.from(JSON.stringify(body)) });

  test("it is parsed into its events", () => {
    expect(events.map(({ kind }) => kind)).toEqual(expected.map(({ kind }) => kind));
  });

  test("each event is handled or fails with its reason", async () => {
    expect(await Promise.all(events.map(failureReasonOf))).toEqual(expected.map(({ fails }) => fails));
  });

  test("each message has the expected content", () => {
    expected.forEach(({ content }, index) => {
      if (content === undefined) return;
      const { message } = z.object({ message: z.looseObject({}) }).parse(events[index]?.payload);
      expect(contentOf(message, [])).toEqual(content);
    });
  });
});

/** The reason why an event fails; undefined if it is handled. */
async function failureReasonOf(parsed: ParsedEvent): Promise<string | undefined> {
  try {
    await whatsappHandler(true).handle({ ...request, ...parsed }, adapterContext());
    return undefined;
  } catch (error) {
    if (!(error instanceof ProviderError) || error.next.kind !== "permanent") throw error;
    return error.message;
  }
}

const request = {
  v: EVENT_VERSION,
  integration: "whatsapp",
  correlationId: "c-1",
  receivedAt: "2026-11-01T00:00:00.000Z",
} as const;
