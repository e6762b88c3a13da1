import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createLogger,
  EVENT_VERSION,
  type InboundEvent,
  type MediaSource,
  permanent,
  ProviderError,
  retryable,
  type StoredMedia,
} from "@millrace/core";
import { openMediaStore, type OpenMediaStore } from "@millrace/media";
import { createMediaProcessor } from "./media.ts";

const MAX_BYTES = 1_000;
const now = () => new Date("2026-03-01T08:00:00Z");
const unused = () => Promise.reject(new Error("not of this test"));

let folder: string;
let store: OpenMediaStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-files-"));
  store = openMediaStore({ store: "folder", folder });
});
afterAll(() => rm(folder, { recursive: true }));

test("a file is stored under a name without its sender, recorded, and its event done", async () => {
  const { process, recorded, settled } = setUp({ chunks: ["hel", "lo"], mimeType: "text/plain" });
  const event = eventOf({ externalId: "wamid.of.31600000001" });
  expect(await process(event)).toMatchObject({ result: "written" });
  const key = `incoming/whatsapp/1001/${sha256("wamid.of.31600000001")}`;
  expect(recorded).toEqual([
    {
      message: expect.objectContaining({ channel: "whatsapp", accountId: "1001", externalId: "wamid.of.31600000001" }),
      stored: { key, store: "folder", sha256: sha256("hello"), sizeBytes: 5, mimeType: "text/plain" },
      at: now(),
    },
  ]);
  expect(await textAt(key)).toBe("hello");
  expect(settled).toEqual([{ id: event.id, result: "written" }]);
});

test("an account whose id no key can hold has its hash in the key", async () => {
  const { process, recorded } = setUp({ chunks: ["x"] });
  await process(eventOf({ accountId: "@bot/1" }));
  expect(recorded[0]?.stored.key).toMatch(new RegExp(`^incoming/whatsapp/${sha256("@bot/1")}/[0-9a-f]{64}$`));
});

test("however a file is cut, the hash that was announced is found right, in hex and in base64", async () => {
  const file = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 });
  const form = fc.constantFrom("hex", "HEX", "base64", "base64url");
  await fc.assert(
    fc.asyncProperty(file, form, fc.boolean(), fc.nat(), async (chunks, form, byOpen, seed) => {
      const whole = Buffer.concat(chunks);
      const hash = hashIn(whole, form);
      const { process, recorded } = setUp({ chunks, ...(byOpen ? { sha256: hash } : {}), sizeBytes: whole.length });
      const event = eventOf({ externalId: `cut-${seed}`, media: { id: "m", ...(byOpen ? {} : { sha256: hash }) } });
      expect(await process(event)).toMatchObject({ result: "written" });
      expect(recorded[0]?.stored).toMatchObject({ sha256: sha256(whole), sizeBytes: whole.length });
      expect(await bytesAt(recorded[0]?.stored.key)).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});

test("any other order of its chunks is another file: refused, and nothing of it kept", async () => {
  const orders = fc
    .uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 8 }), { minLength: 2, selector: String })
    .chain((chunks) => fc.tuple(fc.constant(chunks), fc.shuffledSubarray(chunks, { minLength: chunks.length })))
    .filter(([chunks, shuffled]) => !Buffer.concat(chunks).equals(Buffer.concat(shuffled)));
  const before = await left();
  await fc.assert(
    fc.asyncProperty(orders, async ([chunks, shuffled]) => {
      const { process, recorded } = setUp({ chunks: shuffled, sha256: sha256(Buffer.concat(chunks)) });
      await expect(process(eventOf({ externalId: "shuffled" }))).rejects.toMatchObject({ code: "other_file" });
      expect(recorded).toEqual([]);
    }),
    { numRuns: 40 },
  );
  expect(await left()).toEqual(before);
});

test.each([
  ["another hash by the file", { sha256: sha256("other") }, {}],
  ["another hash by the message", {}, { sha256: sha256("other") }],
  ["a right hash by one and a wrong one by the other", { sha256: sha256("hello") }, { sha256: sha256("other") }],
  ["another size by the file", { sizeBytes: 4 }, {}],
  ["another size by the message", {}, { sizeBytes: 6 }],
])("%s: tried again, and what is stored already stays", async (_, opened, media) => {
  const externalId = "announced-otherwise";
  await setUp({ chunks: ["good"] }).process(eventOf({ externalId }));
  const { process, recorded, settled } = setUp({ chunks: ["hello"], ...opened });
  await expect(process(eventOf({ externalId, media: { id: "m", ...media } }))).rejects.toMatchObject({
    message: "the file is not the one that was announced",
    next: { kind: "retryable" },
  });
  expect([recorded, settled]).toEqual([[], []]);
  expect(await textAt(`incoming/whatsapp/1001/${sha256(externalId)}`)).toBe("good");
});

test("a hash in no known form is no reason to refuse a file", async () => {
  const { process } = setUp({ chunks: ["hello"] });
  const event = eventOf({ media: { id: "m", sha256: "md5:5d41402abc4b2a76b9719d911017c592" } });
  expect(await process(event)).toMatchObject({ result: "written" });
});

test("a file larger than the channel takes is given up and leaves nothing", async () => {
  const before = await left();
  const { process, recorded } = setUp({ chunks: ["x".repeat(MAX_BYTES), "x"] });
  await expect(process(eventOf({ externalId: "large" }))).rejects.toMatchObject({ next: { kind: "permanent" } });
  expect([await left(), recorded]).toEqual([before, []]);
});

test("what the platform says when it no longer has the file is passed on", async () => {
  const { process, settled } = setUp({ opening: permanent("the platform no longer has the file") });
  await expect(process(eventOf({}))).rejects.toThrow("the platform no longer has the file");
  expect(settled).toEqual([]);
});

test("a message that is gone, before or while its file is fetched, leaves nothing to do and no file", async () => {
  const files = await left();
  const before = setUp({ chunks: ["x"], messages: "gone" });
  expect(await before.process(eventOf({}))).toMatchObject({ result: "ignored", detail: "its message is gone" });
  expect(before.opened()).toBe(0);
  const meanwhile = setUp({ chunks: ["x"], messages: "going" });
  const event = eventOf({ externalId: "wamid.going" });
  expect(await meanwhile.process(event)).toMatchObject({ result: "ignored", detail: "its message is gone" });
  expect(await left()).toEqual(files);
});

test("done once, it is not fetched again; recorded but not done, it is only settled", async () => {
  const { process, opened, recorded, settled } = setUp({ chunks: ["x"] });
  const event = eventOf({});
  await process(event);
  expect(await process(event)).toEqual({ result: "duplicate", idle: true });
  expect(await process({ ...event, id: "media.again" })).toMatchObject({ result: "written" });
  expect([opened(), recorded.length, settled.length]).toEqual([1, 1, 2]);
});

test("once the job's time is up nothing is recorded, and a download that is still open is let go", async () => {
  const { process, recorded, signals } = setUp({ chunks: ["x"] });
  const controller = new AbortController();
  controller.abort(new Error("too late"));
  await expect(process(eventOf({}), controller.signal)).rejects.toThrow("too late");
  expect(recorded).toEqual([]);
  const failing = setUp({ chunks: ["x".repeat(MAX_BYTES + 1)] });
  await expect(failing.process(eventOf({}))).rejects.toBeInstanceOf(ProviderError);
  expect([...signals, ...failing.signals].map(({ aborted }) => aborted)).toEqual([true, true]);
});

test("it waits for its account and for the store, and only Postgres being away is an outage", () => {
  const { processor } = setUp({ chunks: [] });
  expect(processor.scopes(eventOf({}))).toEqual(["whatsapp:1001", "media:folder"]);
  expect(processor.isOutage(Object.assign(new Error("postgres"), { code: "ECONNREFUSED" }))).toBe(true);
  expect(processor.isOutage(retryable("network failure", { code: "ECONNREFUSED" }))).toBe(false);
});

test("a payload that announces no file is given up, and nothing of it told", async () => {
  const { process, processor } = setUp({ chunks: [] });
  const event = { ...eventOf({}), payload: { channel: "whatsapp", accountId: "1001", externalId: "31600000001" } };
  await expect(process(event)).rejects.toMatchObject({
    message: "the job's payload announces no file",
    next: { kind: "permanent" },
  });
  expect(() => processor.scopes(event)).toThrow("the job's payload announces no file");
});

/** A processor over a platform with one file, rows and an inbox in memory, and the real folder. */
function setUp(platform: {
  chunks?: readonly (string | Uint8Array)[];
  mimeType?: string;
  sha256?: string;
  sizeBytes?: number;
  opening?: ProviderError;
  messages?: "there" | "gone" | "going";
}) {
  const { chunks = [], messages = "there" } = platform;
  const recorded: { message: object; stored: StoredMedia; at: Date }[] = [];
  const settled: { id: string; result: string }[] = [];
  const signals: AbortSignal[] = [];
  const integration: MediaSource = {
    scopes: ({ accountId }) => [`whatsapp:${accountId}`],
    maxBytes: MAX_BYTES,
    async open(_, { signal }) {
      signals.push(signal);
      if (platform.opening) throw platform.opening;
      const { mimeType, sha256, sizeBytes } = platform;
      return { body: streamed(chunks), mimeType, sha256, sizeBytes };
    },
  };
  const processor = createMediaProcessor({
    integration,
    store,
    inbox: {
      isDone: async ({ id }) => settled.some((event) => event.id === id),
      async applyOnce({ id }, write) {
        const outcome = await write(undefined as never);
        settled.push({ id, result: outcome.result });
        return { ...outcome, followUps: [] };
      },
      followUpsOf: () => Promise.resolve([]),
    },
    storedMedia: {
      async record(message, stored, at) {
        if (messages !== "there") return false;
        recorded.push({ message, stored, at });
        return true;
      },
      find: async () => (messages === "gone" ? undefined : { key: recorded[0]?.stored.key }),
    },
    isOutage: (error) => error instanceof Error && "code" in error && error.code === "ECONNREFUSED",
    http: unused,
    download: unused,
    log: createLogger("test", "silent"),
    now,
  });
  const process = (event: InboundEvent, signal = new AbortController().signal) => processor.process(event, signal);
  return { processor, process, recorded, settled, signals, opened: () => signals.length };
}

function eventOf(payload: { accountId?: string; externalId?: string; media?: object }): InboundEvent {
  return {
    v: EVENT_VERSION,
    integration: "whatsapp",
    id: "media.1",
    kind: "media",
    correlationId: "c-1",
    receivedAt: "2026-03-01T07:59:59Z",
    payload: { channel: "whatsapp", accountId: "1001", externalId: "wamid.1", media: { id: "m" }, ...payload },
  };
}

async function* streamed(chunks: readonly (string | Uint8Array)[]): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function hashIn(content: Uint8Array, form: "hex" | "HEX" | "base64" | "base64url"): string {
  const hex = sha256(content);
  if (form === "hex") return hex;
  return form === "HEX" ? hex.toUpperCase() : Buffer.from(hex, "hex").toString(form);
}

async function bytesAt(key: string | undefined): Promise<Buffer> {
  return Buffer.from((await store.read(key ?? "")).bytes);
}

async function textAt(key: string): Promise<string> {
  return (await bytesAt(key)).toString();
}

/** All files there are, finished or not. */
async function left(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}
