import { readdirSync, readFileSync } from "node:fs";
import { ProviderError, type ParsedEvent } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { handlePurely, inboundEvent } from "../../test/handle-event.ts";
import { contentOf } from "./inbound/content.ts";
import { whatsappHandler } from "./inbound/handler.ts";
import { parseWhatsappWebhook } from "./webhook/parse.ts";

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

  test("each event is handled or fails with its reason", () => {
    expect(events.map(failureReasonOf)).toEqual(expected.map(({ fails }) => fails));
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
function failureReasonOf(parsed: ParsedEvent): string | undefined {
  try {
    handlePurely(whatsappHandler(true), inboundEvent("whatsapp", parsed));
    return undefined;
  } catch (error) {
    if (!(error instanceof ProviderError) || error.next.kind !== "permanent") throw error;
    return error.message;
  }
}
