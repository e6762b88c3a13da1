import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { whatsappMessage } from "./content.ts";
import { whatsappFormat } from "./format.ts";

function partsOf(content: unknown) {
  const parts = whatsappFormat.parts(whatsappFormat.content.parse(content));
  if ("action" in parts) throw new Error("an action");
  return parts;
}

const media = { link: "https://files.example/a" };

describe("a row has the type and text of the same message when it is received", () => {
  test.each<[content: unknown, type: string, body: string | undefined]>([
    [{ type: "text", text: "Hello" }, "text", "Hello"],
    [{ type: "image", media, caption: "This one" }, "image", "This one"],
    [{ type: "video", media }, "video", undefined],
    [{ type: "document", media, caption: "Offer" }, "document", "Offer"],
    [{ type: "audio", media, voice: true }, "audio", undefined],
    [{ type: "sticker", media }, "sticker", undefined],
    [{ type: "buttons", text: "Well?", buttons: [{ id: "a", title: "A" }] }, "interactive", "Well?"],
    [
      { type: "list", text: "Which?", button: "See", sections: [{ rows: [{ id: "a", title: "A" }] }] },
      "interactive",
      "Which?",
    ],
    [{ type: "reaction", messageId: "wamid.1", emoji: "👍" }, "reaction", "👍"],
    [{ type: "reaction", messageId: "wamid.1", emoji: "" }, "reaction", undefined],
    [{ type: "location", latitude: 1.5, longitude: -2 }, "location", "1.5, -2"],
    [{ type: "location", latitude: 1, longitude: 2, name: "Mill", address: "Stream 1" }, "location", "Mill, Stream 1"],
    [
      { type: "contacts", contacts: [{ name: { formatted_name: "Ada" }, phones: [{ phone: "+49151" }] }] },
      "contacts",
      "Ada +49151",
    ],
    [{ type: "template", name: "hello", language: "en" }, "template", "hello"],
    [
      {
        type: "template",
        name: "order_ready",
        language: "en",
        components: [
          {
            type: "body",
            parameters: [
              { type: "text", text: "Ada" },
              { type: "text", text: "42" },
            ],
          },
          { type: "footer" },
        ],
      },
      "template",
      "order_ready: Ada, 42",
    ],
  ])("%j", (content, type, body) => {
    const [row, ...others] = partsOf(content);
    expect([row?.type, row?.body, others]).toEqual([type, body, []]);
    // Postgres stores the content as JSON.
    expect(JSON.parse(JSON.stringify(row?.content))).toStrictEqual(row?.content);
  });
});

test("the row of a message contains its reply", () => {
  expect(partsOf({ type: "image", media, replyTo: "wamid.1" })).toEqual([
    { type: "image", body: undefined, replyTo: "wamid.1", content: { type: "image", media } },
  ]);
  expect(partsOf({ type: "reaction", messageId: "wamid.1", emoji: "👍" })[0]?.replyTo).toBe("wamid.1");
});

test("a long text becomes several messages, the first with the reply", () => {
  const text = `${"One. ".repeat(800)}\n\n${"Two. ".repeat(800)}`;
  const parts = partsOf({ type: "text", text, previewUrl: false, replyTo: "wamid.1" });
  expect(parts.map(({ replyTo }) => replyTo)).toEqual(["wamid.1", undefined]);
  expect(parts.map(({ body }) => body)).toEqual(["One. ".repeat(800).trim(), "Two. ".repeat(800)]);
  expect(parts[1]?.content).toEqual({ type: "text", text: parts[1]?.body, previewUrl: false });
});

test("every part of any text is a valid message", () => {
  const words = fc.array(
    fc.constantFrom("lorem ", "ipsum\n", "dolor. ", "👩‍👩‍👧‍👦", "https://a.example/b ", "x".repeat(900)),
    {
      minLength: 1,
      maxLength: 200,
    },
  );
  fc.assert(
    fc.property(words, (chunks) => {
      const text = chunks.join("").slice(0, 40_000);
      const parts = partsOf({ type: "text", text });
      expect(parts.length).toBeGreaterThan(0);
      for (const part of parts) {
        expect(whatsappMessage.safeParse(part.content).success).toBe(true);
        expect(part.body?.length).toBeLessThanOrEqual(4096);
      }
    }),
    { numRuns: 30 },
  );
});

test("marking a message as read is an action", () => {
  const action = { type: "read", messageId: "wamid.1", typing: true };
  expect(whatsappFormat.parts(action)).toEqual({ action });
});
