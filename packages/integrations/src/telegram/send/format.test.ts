import { describe, expect, test } from "vitest";
import { z } from "zod";
import { telegramFormat } from "./format.ts";
import { telegramSendRoute } from "./route.ts";

const parts = (content: unknown) => telegramFormat.parts(telegramFormat.content.parse(content));
const media = { link: "https://a.example/x" };

/** The paths and messages of a content's errors. */
function problems(content: unknown) {
  const { error } = telegramFormat.content.safeParse(content);
  return error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
}

test("a message becomes one part with its reply", () => {
  expect(parts({ type: "image", media, caption: "Here", replyTo: "7/1" })).toEqual([
    { type: "image", body: "Here", replyTo: "7/1", content: { type: "image", media, caption: "Here" } },
  ]);
});

test.each([
  [
    { type: "voice", media },
    { type: "audio", body: undefined },
  ],
  [
    { type: "location", latitude: 48.5, longitude: -11 },
    { type: "location", body: "48.5, -11" },
  ],
  [
    {
      type: "album",
      items: [
        { type: "image", media, caption: "One" },
        { type: "video", media },
      ],
    },
    { type: "album", body: "One" },
  ],
])("the row of %j is %j", (content, row) => {
  expect(parts(content)).toMatchObject([row]);
});

test("a chat action is not a message", () => {
  expect(parts({ type: "chat_action", action: "typing" })).toEqual({ action: { chatAction: "typing" } });
});

test("a long text becomes several messages: the first has the reply, the last has the buttons", () => {
  const keyboard = [[{ text: "Yes", data: "y" }]];
  const text = `${"a".repeat(4000)}\n\n${"b".repeat(4000)}\n\nc`;
  const split = parts({ type: "text", text, parseMode: "HTML", replyTo: "7/1", keyboard });
  expect(split).toMatchObject([
    { type: "text", body: "a".repeat(4000), replyTo: "7/1", content: { parseMode: "HTML" } },
    { type: "text", replyTo: undefined, content: { text: `${"b".repeat(4000)}\n\nc`, parseMode: "HTML", keyboard } },
  ]);
  expect(JSON.stringify(split).match(/keyboard/g)).toHaveLength(1);
});

describe("a split does not cut formatted text", () => {
  const lead = "word ".repeat(500).trim();
  const inside = "one. two\n\n".repeat(230).trim();
  const bodies = (text: string, parseMode?: string) => {
    const split = parts({ type: "text", text, parseMode });
    return "action" in split ? [] : split.map(({ body }) => body);
  };

  test.each([
    ["bold", "HTML", `<b>${inside}</b>`],
    ["a link within a quotation", "HTML", `<blockquote>${inside} <a href="https://a.example/">x</a></blockquote>`],
    ["code that contains formatting characters", "MarkdownV2", `\`\`\`js\n* _ ${inside}\`\`\``],
    ["nested formatting", "MarkdownV2", `*a _${inside} \`*\` \\_ b_ c*`],
    ["a link", "MarkdownV2", `[${inside}](https://a.example/)`],
    ["italic", "Markdown", `_${inside}_`],
  ])("%s in %s", (_, parseMode, entity) => {
    expect(bodies(`${lead} ${entity}\n\n${lead}`, parseMode)).toEqual([lead, entity, lead]);
  });

  test("even if only the formatted text has white space", () => {
    const word = "x".repeat(3000);
    expect(bodies(`${word}<b>${inside}</b>`, "HTML")).toEqual([word, `<b>${inside}</b>`]);
  });

  test("unless it is longer than a message or has no parse mode", () => {
    expect(bodies(`<pre>${inside}\n\n${inside}\n\n${inside}</pre>`, "HTML")).toHaveLength(2);
    expect(bodies(`${lead} <b>${inside}</b>`)[0]).toContain("<b>one. two");
  });
});

test("a long caption becomes a text after its file, with the buttons", () => {
  const keyboard = [[{ text: "Yes", data: "y" }]];
  const caption = "word ".repeat(250).trim();
  expect(parts({ type: "image", media, caption, parseMode: "HTML", replyTo: "7/1", keyboard })).toEqual([
    { type: "image", body: undefined, replyTo: "7/1", content: { type: "image", media } },
    {
      type: "text",
      body: caption,
      replyTo: undefined,
      content: { type: "text", text: caption, parseMode: "HTML", keyboard },
    },
  ]);
});

test("the content of each part is a valid message, because it is parsed again when it is sent", () => {
  const all = [
    { type: "text", text: "a b ".repeat(3000), keyboard: [[{ text: "x", url: "tg://user?id=1" }]] },
    { type: "document", media, caption: "a b ".repeat(3000) },
  ].flatMap((content) => {
    const split = parts(content);
    return "action" in split ? [] : split;
  });
  expect(all.length).toBeGreaterThan(5);
  for (const { content } of all) expect(problems(JSON.parse(JSON.stringify(content)))).toEqual([]);
});

describe("rejects", () => {
  const item = (type: string) => ({ type, media });
  test.each([
    ["a blank text", { type: "text", text: " \n" }, "text: must not be blank"],
    ["an unknown parse mode", { type: "text", text: "x", parseMode: "html" }, "parseMode: must be HTML, MarkdownV2"],
    ["a text above ten messages", { type: "text", text: "x".repeat(40_961) }, "text: must be at most 40960 characters"],
    [
      "a long caption in an album",
      { type: "album", items: [item("image"), { ...item("image"), caption: "x".repeat(1025) }] },
      "items.1.caption: must be at most 1024 characters",
    ],
    ["an unknown field", { type: "text", text: "x", colour: "red" }, ': Unrecognized key: "colour"'],
    ["an unknown type", { type: "smoke" }, "type: Invalid discriminator value"],
    [
      "button data above 64 bytes",
      { type: "text", text: "x", keyboard: [[{ text: "x", data: "ü".repeat(33) }]] },
      "keyboard.0.0.data: must be at most 64 bytes",
    ],
    [
      "a button without data and url",
      { type: "text", text: "x", keyboard: [[{ text: "x" }]] },
      "keyboard.0.0: must have exactly one of data and url",
    ],
    [
      "a reply to an invalid id",
      { type: "text", text: "x", replyTo: "wamid.1" },
      "replyTo: must be <chat id>/<message id>, the external id of a message",
    ],
    ["an invalid location", { type: "location", latitude: 91, longitude: 0 }, "latitude: must be at most 90"],
    ["an album of one", { type: "album", items: [item("image")] }, "items: must have at least 2 items"],
    [
      "an album of types that Telegram does not group",
      { type: "album", items: [item("document"), item("image")] },
      "items: documents and audio files need their own albums; images and videos may be mixed",
    ],
  ])("%s", (_, content, problem) => {
    expect(problems(content)).toEqual([expect.stringContaining(problem)]);
  });
});

test("button data of 64 bytes with non-ASCII characters is accepted", () => {
  expect(problems({ type: "text", text: "x", keyboard: [[{ text: "x", data: "ü".repeat(32) }]] })).toEqual([]);
});

test("the route's body has a JSON schema", () => {
  expect(JSON.stringify(z.toJSONSchema(telegramSendRoute.body, { io: "input" }))).toContain("chat_action");
});
