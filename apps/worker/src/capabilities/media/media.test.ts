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
const unused = () => Promise.reject(new Error("this test makes no request"));

let folder: string;
let store: OpenMediaStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-files-"));
  store = openMediaStore({ store: "folder", folder });
});
afterAll(() => rm(folder, { recursive: true }));

test("a file is stored under a key without its sender, recorded in its message, and its event is done", async () => {
  const { process, recorded, applied } = setUp({ chunks: ["hel", "lo"], mimeType: "text/plain" });
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
  expect(applied).toEqual([{ id: event.id, result: "written" }]);
});

test("an account id that a key cannot contain is hashed in the key", async () => {
  const { process, recorded } = setUp({ chunks: ["x"] });
  await process(eventOf({ accountId: "@bot/1" }));
  expect(recorded[0]?.stored.key).toMatch(new RegExp(`^incoming/whatsapp/${sha256("@bot/1")}/[0-9a-f]{64}$`));
});

test("an announced hash is verified in hex and base64, however the file is split into chunks", async () => {
  const file = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 });
  const form = fc.constantFrom("hex", "HEX", "base64", "base64url");
  await fc.assert(
    fc.asyncProperty(file, form, fc.boolean(), fc.nat(), async (chunks, form, fromPlatform, seed) => {
      const whole = Buffer.concat(chunks);
      const hash = hashIn(whole, form);
      const { process, recorded } = setUp({
        chunks,
        ...(fromPlatform ? { sha256: hash } : {}),
        sizeBytes: whole.length,
      });
      const event = eventOf({
        externalId: `cut-${seed}`,
        media: { id: "m", ...(fromPlatform ? {} : { sha256: hash }) },
      });
      expect(await process(event)).toMatchObject({ result: "written" });
      expect(recorded[0]?.stored).toMatchObject({ sha256: sha256(whole), sizeBytes: whole.length });
      expect(await bytesAt(recorded[0]?.stored.key)).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});

test("a file with its chunks in another order is refused, and the store keeps no part of it", async () => {
  const orders = fc
    .uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 8 }), { minLength: 2, selector: String })
    .chain((chunks) => fc.tuple(fc.constant(chunks), fc.shuffledSubarray(chunks, { minLength: chunks.length })))
    .filter(([chunks, shuffled]) => !Buffer.concat(chunks).equals(Buffer.concat(shuffled)));
  const before = await storedFiles();
  await fc.assert(
    fc.asyncProperty(orders, async ([chunks, shuffled]) => {
      const { process, recorded } = setUp({ chunks: shuffled, sha256: sha256(Buffer.concat(chunks)) });
      await expect(process(eventOf({ externalId: "shuffled" }))).rejects.toMatchObject({ code: "other_file" });
      expect(recorded).toEqual([]);
    }),
    { numRuns: 40 },
  );
  expect(await storedFiles()).toEqual(before);
});

test.each([
  ["another hash from the platform", { sha256: sha256("other") }, {}],
  ["another hash in the message", {}, { sha256: sha256("other") }],
  [
    "the right hash from the platform and a wrong one in the message",
    { sha256: sha256("hello") },
    { sha256: sha256("other") },
  ],
  ["another size from the platform", { sizeBytes: 4 }, {}],
  ["another size in the message", {}, { sizeBytes: 6 }],
])("%s: the download is retried, and a file that is already stored stays", async (_, opened, media) => {
  const externalId = "announced-otherwise";
  await setUp({ chunks: ["good"] }).process(eventOf({ externalId }));
  const { process, recorded, applied } = setUp({ chunks: ["hello"], ...opened });
  await expect(process(eventOf({ externalId, media: { id: "m", ...media } }))).rejects.toMatchObject({
    message: "the file does not match its announced hash or size",
    next: { kind: "retryable" },
  });
  expect([recorded, applied]).toEqual([[], []]);
  expect(await textAt(`incoming/whatsapp/1001/${sha256(externalId)}`)).toBe("good");
});

test("a hash in an unknown format does not refuse a file", async () => {
  const { process } = setUp({ chunks: ["hello"] });
  const event = eventOf({ media: { id: "m", sha256: "md5:5d41402abc4b2a76b9719d911017c592" } });
  expect(await process(event)).toMatchObject({ result: "written" });
});

test("a file larger than the channel's limit fails permanently and leaves no file", async () => {
  const before = await storedFiles();
  const { process, recorded } = setUp({ chunks: ["x".repeat(MAX_BYTES), "x"] });
  await expect(process(eventOf({ externalId: "large" }))).rejects.toMatchObject({ next: { kind: "permanent" } });
  expect([await storedFiles(), recorded]).toEqual([before, []]);
});

test("the platform's error is passed on when it no longer has the file", async () => {
  const { process, applied } = setUp({ opening: permanent("the platform no longer has the file") });
  await expect(process(eventOf({}))).rejects.toThrow("the platform no longer has the file");
  expect(applied).toEqual([]);
});

test("a message that is erased before or during the download completes without a file", async () => {
  const files = await storedFiles();
  const before = setUp({ chunks: ["x"], messages: "erased" });
  expect(await before.process(eventOf({}))).toMatchObject({ result: "ignored", detail: "the message was erased" });
  expect(before.opened()).toBe(0);
  const meanwhile = setUp({ chunks: ["x"], messages: "erased during the download" });
  const event = eventOf({ externalId: "wamid.erased" });
  expect(await meanwhile.process(event)).toMatchObject({ result: "ignored", detail: "the message was erased" });
  expect(await storedFiles()).toEqual(files);
});

test("a done event downloads nothing; a file that is recorded is not downloaded again", async () => {
  const { process, opened, recorded, applied } = setUp({ chunks: ["x"] });
  const event = eventOf({});
  await process(event);
  expect(await process(event)).toEqual({ result: "duplicate", noCall: true });
  expect(await process({ ...event, id: "media.again" })).toMatchObject({ result: "written" });
  expect([opened(), recorded.length, applied.length]).toEqual([1, 1, 2]);
});

test("after the job's deadline nothing is recorded, and an open download is closed", async () => {
  const { process, recorded, signals } = setUp({ chunks: ["x"] });
  const controller = new AbortController();
  controller.abort(new Error("too late"));
  await expect(process(eventOf({}), controller.signal)).rejects.toThrow("too late");
  expect(recorded).toEqual([]);
  const failing = setUp({ chunks: ["x".repeat(MAX_BYTES + 1)] });
  await expect(failing.process(eventOf({}))).rejects.toBeInstanceOf(ProviderError);
  expect([...signals, ...failing.signals].map(({ aborted }) => aborted)).toEqual([true, true]);
});

test("a job waits for its account and its store, and only an outage of Postgres is an outage", () => {
  const { processor } = setUp({ chunks: [] });
  expect(processor.scopes(eventOf({}))).toEqual(["whatsapp:1001", "media:folder"]);
  expect(processor.isOutage(Object.assign(new Error("postgres"), { code: "ECONNREFUSED" }))).toBe(true);
  expect(processor.isOutage(retryable("network failure", { code: "ECONNREFUSED" }))).toBe(false);
});

test("a payload without a file fails permanently, and its error shows no part of it", async () => {
  const { process, processor } = setUp({ chunks: [] });
  const event = { ...eventOf({}), payload: { channel: "whatsapp", accountId: "1001", externalId: "31600000001" } };
  await expect(process(event)).rejects.toMatchObject({
    message: "the job's payload describes no file",
    next: { kind: "permanent" },
  });
  expect(() => processor.scopes(event)).toThrow("the job's payload describes no file");
});

/** A processor with a platform of one file, rows and an inbox in memory, and a real folder. */
function setUp(platform: {
  chunks?: readonly (string | Uint8Array)[];
  mimeType?: string;
  sha256?: string;
  sizeBytes?: number;
  opening?: ProviderError;
  messages?: "stored" | "erased" | "erased during the download";
}) {
  const { chunks = [], messages = "stored" } = platform;
  const recorded: { message: object; stored: StoredMedia; at: Date }[] = [];
  const applied: { id: string; result: string }[] = [];
  const signals: AbortSignal[] = [];
  const source: MediaSource = {
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
    source,
    store,
    inbox: {
      isDone: async ({ id }) => applied.some((event) => event.id === id),
      async applyOnce({ id }, handled) {
        applied.push({ id, result: handled.result });
        return { ...handled, followUps: [], pauses: [] };
      },
      followUpsOf: () => Promise.resolve([]),
    },
    storedMedia: {
      async record(message, stored, at) {
        if (messages !== "stored") return false;
        recorded.push({ message, stored, at });
        return true;
      },
      find: async () => (messages === "erased" ? undefined : { key: recorded[0]?.stored.key }),
    },
    isOutage: (error) => error instanceof Error && "code" in error && error.code === "ECONNREFUSED",
    ports: { http: unused, download: unused, log: createLogger("test", "silent"), now },
  });
  const process = (event: InboundEvent, signal = new AbortController().signal) => processor.process(event, signal);
  return { processor, process, recorded, applied, signals, opened: () => signals.length };
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

/** All files in the folder, complete or not. */
async function storedFiles(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}
