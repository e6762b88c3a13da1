import { readdirSync, readFileSync } from "node:fs";
import { EVENT_VERSION, ProviderError, type ParsedEvent } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { contentOf } from "./inbound/content.ts";
import { whatsappHandler } from "./inbound/handler.ts";
import { splitWhatsapp } from "./webhook/parse.ts";
import { adapterContext } from "./test/adapter-context.ts";

const folder = new URL("fixtures/", import.meta.url);

/** A named case: a webhook's body, and what becomes of each of its events in turn. */
const fixture = z.strictObject({
  says: z.string(),
  body: z.unknown(),
  events: z.array(
    z.strictObject({
      kind: z.string(),
      /** What a message holds. */
      content: z.record(z.string(), z.unknown()).optional(),
      /** The reason of its dead letter; absent when its schema knows it. */
      dies: z.string().optional(),
    }),
  ),
});

const cases = readdirSync(folder).map((file) => ({
  file,
  ...fixture.parse(JSON.parse(readFileSync(new URL(file, folder), "utf8"))),
}));

describe.each(cases)("$file: $says", ({ body, events: expected }) => {
  const events = splitWhatsapp({ body: Buffer.from(JSON.stringify(body)) });

  test("it is split into its events", () => {
    expect(events.map(({ kind }) => kind)).toEqual(expected.map(({ kind }) => kind));
  });

  test("each event is known to its schema, or dies with its reason", async () => {
    expect(await Promise.all(events.map(fateOf))).toEqual(expected.map(({ dies }) => dies));
  });

  test("a message holds what a person would read", () => {
    expected.forEach(({ content }, index) => {
      if (content === undefined) return;
      const { message } = z.object({ message: z.looseObject({}) }).parse(events[index]?.payload);
      expect(contentOf(message, [])).toEqual(content);
    });
  });
});

/** Why the event dies; undefined when its write is ready to run. */
async function fateOf(split: ParsedEvent): Promise<string | undefined> {
  try {
    await whatsappHandler(true).handle({ ...request, ...split }, adapterContext());
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
