import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openMediaStore, type OpenMediaStore } from "@millrace/media";
import { startS3Server } from "./s3-server.ts";

/** A store under test, and all that lies in it, finished or not. */
type Subject = { store: OpenMediaStore; left(): Promise<string[]>; close(): Promise<unknown> };

const MIB = 1024 * 1024;
/** S3 takes files of more than this in parts. */
const PART = 5 * MIB;
const LIMIT = 12 * MIB;
const LINE_DEAD = new Error("the line went dead");
const png = { mimeType: "image/png", maxBytes: LIMIT };

const subjects: Record<string, () => Promise<Subject>> = {
  async folder() {
    const folder = await mkdtemp(join(tmpdir(), "millrace-media-"));
    return {
      store: openMediaStore({ store: "folder", folder }),
      left: async () => (await readdir(folder, { recursive: true, withFileTypes: true })).flatMap(named),
      close: () => rm(folder, { recursive: true }),
    };
  },
  async s3() {
    const server = await startS3Server();
    return {
      store: openMediaStore({ store: "s3", bucket: server.bucket, endpoint: server.url, region: "auto" }),
      left: async () => [...server.objects.keys(), ...server.uploads.keys()],
      close: () => server.close(),
    };
  },
};

beforeAll(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(() => {
  vi.unstubAllEnvs();
});

describe.each(Object.entries(subjects))("the %s store", (kind, open) => {
  let subject: Subject;
  let store: OpenMediaStore;
  let key: string;
  let count = 0;

  beforeAll(async () => {
    subject = await open();
    ({ store } = subject);
  });
  afterAll(() => subject.close());
  beforeEach(() => {
    key = `incoming/chat/1001/file-${++count}`;
  });

  test("gives back the bytes and the type, and tells hash and size", async () => {
    const bytes = bytesOf(70_000);
    const stored = await store.write(key, chunked(bytes, 1_000), png);
    expect(stored).toEqual({ key, store: kind, sha256: sha256(bytes), sizeBytes: 70_000, mimeType: "image/png" });
    expect(await store.read(key)).toEqual({ bytes: expect.anything(), mimeType: "image/png" });
    expect(sha256((await store.read(key)).bytes)).toBe(sha256(bytes));
  });

  test("whatever the bytes and however they are cut, they come back whole", async () => {
    const cuts = fc.array(fc.uint8Array({ maxLength: 5_000 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(cuts, async (chunks) => {
        const whole = Buffer.concat(chunks);
        const stored = await store.write(key, streamed(chunks), png);
        expect(stored).toMatchObject({ sha256: sha256(whole), sizeBytes: whole.length });
        expect(Buffer.from((await store.read(key)).bytes).equals(whole)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("every size around the borders of chunks and parts comes back whole, however it was cut", async () => {
    const sizes = [0, 1, 2, 65_535, 65_536, 65_537, PART - 1, PART, PART + 1, 2 * PART - 1, 2 * PART, 2 * PART + 1];
    for (const size of sizes) {
      const bytes = bytesOf(size);
      for (const cut of size < PART - 1 ? [1_000, 65_536, LIMIT] : [65_536, LIMIT]) {
        const stored = await store.write(key, chunked(bytes, cut), png);
        const read = await store.read(key);
        expect({ size, cut, sha256: stored.sha256, sizeBytes: stored.sizeBytes }).toEqual({
          size,
          cut,
          sha256: sha256(bytes),
          sizeBytes: size,
        });
        expect({ size, cut, same: Buffer.from(bytes).equals(read.bytes), type: read.mimeType }).toEqual({
          size,
          cut,
          same: true,
          type: "image/png",
        });
      }
    }
  });

  test("chunks without bytes in them are no end", async () => {
    const pieces = ["", "a", "", "", "b", ""].map((text) => new TextEncoder().encode(text));
    await store.write(key, from(pieces), png);
    expect(Buffer.from((await store.read(key)).bytes).toString()).toBe("ab");
  });

  test("a file of exactly the limit is taken, one byte more is refused for good and leaves nothing", async () => {
    for (const limit of [10, PART + 10]) {
      const before = await subject.left();
      const tooLarge = store.write(key, chunked(bytesOf(limit + 1), 65_536), { ...png, maxBytes: limit });
      await expect(tooLarge).rejects.toMatchObject({ code: "too_large", next: { kind: "permanent" } });
      expect(await subject.left()).toEqual(before);
      const exact = await store.write(`${key}-${limit}`, chunked(bytesOf(limit), 65_536), { ...png, maxBytes: limit });
      expect(exact.sizeBytes).toBe(limit);
    }
  });

  test("a file that breaks off leaves nothing, gives its own error, and what was there before stays", async () => {
    await store.write(key, chunked(bytesOf(20), 7), png);
    for (const size of [0, 100, PART + 100]) {
      const before = await subject.left();
      const broken = store.write(key, breakingOff(bytesOf(size)), png);
      await expect(broken).rejects.toBe(LINE_DEAD);
      expect(await subject.left()).toEqual(before);
    }
    expect(sha256((await store.read(key)).bytes)).toBe(sha256(bytesOf(20)));
  });

  test("a second file under a key takes the place of the first, its type too", async () => {
    await store.write(key, chunked(bytesOf(500), 100), png);
    await store.write(key, chunked(bytesOf(3), 1), { mimeType: undefined, maxBytes: LIMIT });
    expect(await store.read(key)).toEqual({
      bytes: expect.toSatisfy((read: Uint8Array) => read.length === 3),
      mimeType: undefined,
    });
    await store.write(key, chunked(bytesOf(4), 1), { mimeType: "audio/ogg; codecs=opus", maxBytes: LIMIT });
    expect((await store.read(key)).mimeType).toBe("audio/ogg; codecs=opus");
  });

  test("of many writers of one key one wins, whole, and the type is never another's", async () => {
    const files = [0, 1, 2, 3, 4, 5].map((each) => ({ bytes: bytesOf(200_000 + each), mimeType: `image/x-${each}` }));
    await Promise.all(
      files.map(({ bytes, mimeType }) => store.write(key, chunked(bytes, 9_999), { mimeType, maxBytes: LIMIT })),
    );
    const read = await store.read(key);
    const winner = files.find(({ bytes }) => Buffer.from(bytes).equals(read.bytes));
    expect(winner).toBeDefined();
    expect([winner?.mimeType, undefined]).toContain(read.mimeType);
  });

  test("a type that can stand in no header is unknown", async () => {
    const stored = await store.write(key, chunked(bytesOf(3), 1), { ...png, mimeType: "image/png\r\nx-evil: 1" });
    expect([stored.mimeType, (await store.read(key)).mimeType]).toEqual([undefined, undefined]);
  });

  test("keys that could lead anywhere else are refused for good, written or read, and not told", async () => {
    const before = await subject.left();
    const odd = [
      "",
      "/",
      "/etc/passwd",
      "a//b",
      "a/",
      "..",
      "../a",
      "a/../../b",
      "a/./b",
      "a\0b",
      "a\\b",
      "a b",
      "a~b",
    ];
    for (const each of [...odd, "%2e%2e/a", "C:/a", "ä", "a\nb", "a".repeat(201), "ab/".repeat(200).slice(0, -1)]) {
      const error = { message: "the media key is none that a store takes", next: { kind: "permanent" } };
      await expect(store.write(each, chunked(bytesOf(3), 1), png)).rejects.toMatchObject(error);
      await expect(store.read(each)).rejects.toMatchObject(error);
      await expect(store.remove(each)).rejects.toMatchObject(error);
    }
    expect(await subject.left()).toEqual(before);
  });

  test("a file that is removed is gone for good and leaves nothing, and removing it again does no harm", async () => {
    await store.write(`${key}-other`, chunked(bytesOf(5), 5), png);
    const before = await subject.left();
    await store.write(key, chunked(bytesOf(20), 7), png);
    for (const round of [1, 2]) {
      await store.remove(key);
      expect({ round, left: await subject.left() }).toEqual({ round, left: before });
    }
    await store.remove(`never/${key}`);
    await expect(store.read(key)).rejects.toMatchObject({ code: "no_file" });
    expect((await store.read(`${key}-other`)).bytes).toHaveLength(5);
  });

  test("a key that nothing is under is told for good", async () => {
    const missing = { code: "no_file", next: { kind: "permanent" } };
    await expect(store.read(key)).rejects.toMatchObject(missing);
    await expect(store.read(`never/${key}`)).rejects.toMatchObject(missing);
  });
});

/** Bytes that differ from place to place, also between chunks, and from size to size. */
function bytesOf(size: number): Uint8Array {
  return Buffer.alloc(
    size,
    Uint8Array.from({ length: 251 }, (_, index) => (index + size) % 251),
  );
}

async function* chunked(bytes: Uint8Array, cut: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += cut) yield bytes.subarray(at, at + cut);
}

async function* from(pieces: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* pieces;
}

async function* breakingOff(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield* chunked(bytes, 65_536);
  throw LINE_DEAD;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function named(entry: { isFile(): boolean; parentPath: string; name: string }): string[] {
  return entry.isFile() ? [join(entry.parentPath, entry.name)] : [];
}

async function* streamed(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks;
}
