import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openMediaStore, type OpenMediaStore } from "@millrace/media";
import { startS3Server } from "./s3-server.ts";

/** A store under test. `files` returns its files and unfinished uploads. */
type Subject = { store: OpenMediaStore; files(): Promise<string[]>; close(): Promise<unknown> };

const MIB = 1024 * 1024;
/** Larger files are uploaded to S3 in parts of this size. */
const PART = 5 * MIB;
const LIMIT = 12 * MIB;
const CONNECTION_LOST = new Error("the connection was lost");
const png = { mimeType: "image/png", maxBytes: LIMIT };

const subjects: Record<string, () => Promise<Subject>> = {
  async folder() {
    const folder = await mkdtemp(join(tmpdir(), "millrace-media-"));
    return {
      store: openMediaStore({ store: "folder", folder }),
      files: async () => (await readdir(folder, { recursive: true, withFileTypes: true })).flatMap(filePaths),
      close: () => rm(folder, { recursive: true }),
    };
  },
  async s3() {
    const server = await startS3Server();
    return {
      store: openMediaStore({ store: "s3", bucket: server.bucket, endpoint: server.url, region: "auto" }),
      files: async () => [...server.objects.keys(), ...server.uploads.keys()],
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

  test("reads the bytes and the type that were written, and returns hash and size", async () => {
    const bytes = bytesOf(70_000);
    const stored = await store.write(key, chunked(bytes, 1_000), png);
    expect(stored).toEqual({ key, store: kind, sha256: sha256(bytes), sizeBytes: 70_000, mimeType: "image/png" });
    expect(await store.read(key)).toEqual({ bytes: expect.anything(), mimeType: "image/png" });
    expect(sha256((await store.read(key)).bytes)).toBe(sha256(bytes));
  });

  test("reads the same bytes for any content in any chunks", async () => {
    const chunkLists = fc.array(fc.uint8Array({ maxLength: 5_000 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(chunkLists, async (chunks) => {
        const whole = Buffer.concat(chunks);
        const stored = await store.write(key, streamed(chunks), png);
        expect(stored).toMatchObject({ sha256: sha256(whole), sizeBytes: whole.length });
        expect(Buffer.from((await store.read(key)).bytes).equals(whole)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("reads the same bytes for every size around the limits of chunks and parts", async () => {
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

  test("an empty chunk does not end the file", async () => {
    const pieces = ["", "a", "", "", "b", ""].map((text) => new TextEncoder().encode(text));
    await store.write(key, from(pieces), png);
    expect(Buffer.from((await store.read(key)).bytes).toString()).toBe("ab");
  });

  test("accepts a file of exactly the limit, rejects one byte more permanently and leaves no file", async () => {
    for (const limit of [10, PART + 10]) {
      const before = await subject.files();
      const tooLarge = store.write(key, chunked(bytesOf(limit + 1), 65_536), { ...png, maxBytes: limit });
      await expect(tooLarge).rejects.toMatchObject({ code: "too_large", next: { kind: "permanent" } });
      expect(await subject.files()).toEqual(before);
      const exact = await store.write(`${key}-${limit}`, chunked(bytesOf(limit), 65_536), { ...png, maxBytes: limit });
      expect(exact.sizeBytes).toBe(limit);
    }
  });

  test("a source that fails leaves no new file, rejects with its own error, and keeps the previous file", async () => {
    await store.write(key, chunked(bytesOf(20), 7), png);
    for (const size of [0, 100, PART + 100]) {
      const before = await subject.files();
      const broken = store.write(key, failing(bytesOf(size)), png);
      await expect(broken).rejects.toBe(CONNECTION_LOST);
      expect(await subject.files()).toEqual(before);
    }
    expect(sha256((await store.read(key)).bytes)).toBe(sha256(bytesOf(20)));
  });

  test("a second file under a key replaces the first, and its type", async () => {
    await store.write(key, chunked(bytesOf(500), 100), png);
    await store.write(key, chunked(bytesOf(3), 1), { mimeType: undefined, maxBytes: LIMIT });
    expect(await store.read(key)).toEqual({
      bytes: expect.toSatisfy((read: Uint8Array) => read.length === 3),
      mimeType: undefined,
    });
    await store.write(key, chunked(bytesOf(4), 1), { mimeType: "audio/ogg; codecs=opus", maxBytes: LIMIT });
    expect((await store.read(key)).mimeType).toBe("audio/ogg; codecs=opus");
  });

  test("of several concurrent writers of a key one wins completely, and the type is never that of another file", async () => {
    const files = [0, 1, 2, 3, 4, 5].map((each) => ({ bytes: bytesOf(200_000 + each), mimeType: `image/x-${each}` }));
    await Promise.all(
      files.map(({ bytes, mimeType }) => store.write(key, chunked(bytes, 9_999), { mimeType, maxBytes: LIMIT })),
    );
    const read = await store.read(key);
    const winner = files.find(({ bytes }) => Buffer.from(bytes).equals(read.bytes));
    expect(winner).toBeDefined();
    expect([winner?.mimeType, undefined]).toContain(read.mimeType);
  });

  test("a type that is no valid header value becomes unknown", async () => {
    const stored = await store.write(key, chunked(bytesOf(3), 1), { ...png, mimeType: "image/png\r\nx-evil: 1" });
    expect([stored.mimeType, (await store.read(key)).mimeType]).toEqual([undefined, undefined]);
  });

  test("a key that could lead out of the store is rejected permanently, and the error does not contain it", async () => {
    const before = await subject.files();
    const invalid = [
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
    for (const each of [...invalid, "%2e%2e/a", "C:/a", "ä", "a\nb", "a".repeat(201), "ab/".repeat(200).slice(0, -1)]) {
      const error = { message: "the media key is invalid", next: { kind: "permanent" } };
      await expect(store.write(each, chunked(bytesOf(3), 1), png)).rejects.toMatchObject(error);
      await expect(store.read(each)).rejects.toMatchObject(error);
      await expect(store.remove(each)).rejects.toMatchObject(error);
    }
    expect(await subject.files()).toEqual(before);
  });

  test("removing a file leaves nothing of it, and removing it again changes nothing", async () => {
    await store.write(`${key}-other`, chunked(bytesOf(5), 5), png);
    const before = await subject.files();
    await store.write(key, chunked(bytesOf(20), 7), png);
    for (const time of [1, 2]) {
      await store.remove(key);
      expect({ time, files: await subject.files() }).toEqual({ time, files: before });
    }
    await store.remove(`never/${key}`);
    await expect(store.read(key)).rejects.toMatchObject({ code: "no_file" });
    expect((await store.read(`${key}-other`)).bytes).toHaveLength(5);
  });

  test("reading a key without a file fails permanently", async () => {
    const missing = { code: "no_file", next: { kind: "permanent" } };
    await expect(store.read(key)).rejects.toMatchObject(missing);
    await expect(store.read(`never/${key}`)).rejects.toMatchObject(missing);
  });
});

/** Returns bytes that differ between positions, chunks and sizes. */
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

async function* failing(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield* chunked(bytes, 65_536);
  throw CONNECTION_LOST;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function filePaths(item: { isFile(): boolean; parentPath: string; name: string }): string[] {
  return item.isFile() ? [join(item.parentPath, item.name)] : [];
}

async function* streamed(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks;
}
