import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { folderError } from "./folder-error.ts";
import { openMediaStore, type OpenMediaStore } from "./media-store.ts";

let base: string;
let folder: string;
let store: OpenMediaStore;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "millrace-folder-"));
  folder = join(base, "below", "media");
  store = openMediaStore({ store: "folder", folder });
});
afterEach(() => rm(base, { recursive: true }));

const write = (key: string, text = "hello", mimeType: string | undefined = "text/plain") =>
  store.write(key, body(text), { mimeType, maxBytes: 100 });

test("a file is stored unchanged under its key, with its metadata next to it, and no partial file remains", async () => {
  await write("incoming/chat/a.txt");
  expect(await readFile(join(folder, "incoming/chat/a.txt"), "utf8")).toBe("hello");
  expect(JSON.parse(await readFile(join(folder, "incoming/chat/a.txt~.json"), "utf8"))).toEqual({
    sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    sizeBytes: 5,
    mimeType: "text/plain",
  });
  expect(await readdir(join(folder, "~partial"))).toEqual([]);
  expect((await stat(join(folder, "incoming/chat/a.txt"))).mode & 0o007).toBe(0);
});

test("the type is unknown when the metadata belongs to other bytes or is unreadable", async () => {
  await write("a");
  await writeFile(join(folder, "a"), "jello");
  expect(await store.read("a")).toMatchObject({ mimeType: undefined });
  await writeFile(join(folder, "a~.json"), "{");
  expect(Buffer.from((await store.read("a")).bytes).toString()).toBe("jello");
});

test("no symbolic link leads out of the folder, for writing or for reading", async () => {
  const outside = join(base, "outside");
  await mkdir(outside);
  await writeFile(join(outside, "secret"), "secret");
  await write("in/first");
  await symlink(outside, join(folder, "in/link"));
  await symlink(join(outside, "secret"), join(folder, "in/file"));

  await expect(write("in/link/new")).rejects.toMatchObject({ next: { kind: "permanent" } });
  await expect(write("in/link/deep/new")).rejects.toMatchObject({ next: { kind: "permanent" } });
  await expect(store.read("in/link/secret")).rejects.toMatchObject({ code: "no_file" });
  await expect(store.read("in/file")).rejects.toMatchObject({ code: "no_file" });
  await write("in/file", "ours");
  expect(await readdir(outside)).toEqual(["secret"]);
  expect(await readFile(join(outside, "secret"), "utf8")).toBe("secret");
  expect(Buffer.from((await store.read("in/file")).bytes).toString()).toBe("ours");
});

test("the folder itself may be a symbolic link, as mounted volumes often are", async () => {
  await mkdir(join(base, "volume"));
  await symlink(join(base, "volume"), join(base, "mounted"));
  store = openMediaStore({ store: "folder", folder: join(base, "mounted") });
  await write("a/b");
  expect(await readFile(join(base, "volume/a/b"), "utf8")).toBe("hello");
});

test("a key that contains a file as a folder, or names a folder, is rejected permanently and leaves no file", async () => {
  await write("a/b");
  await expect(write("a/b/c")).rejects.toMatchObject({ code: "invalid_key", next: { kind: "permanent" } });
  await expect(write("a")).rejects.toMatchObject({ code: "invalid_key", next: { kind: "permanent" } });
  await expect(store.read("a")).rejects.toMatchObject({ code: "no_file" });
  await expect(store.read("a/b/c")).rejects.toMatchObject({ code: "no_file" });
  expect((await readdir(folder, { recursive: true })).sort()).toEqual(["a", "a/b", "a/b~.json", "~partial"]);
});

test("an error that needs an operator pauses the store, other errors make it unavailable, and no message contains a path", async () => {
  const failing = (code: string) => Object.assign(new Error(`${code}: no, write '/srv/media/x'`), { code });
  for (const code of ["ENOSPC", "EACCES", "EROFS"]) {
    const error = folderError(failing(code), store.scope);
    expect([error.message, error.next]).toEqual([
      `the media folder cannot be used: ${code}`,
      { kind: "paused", scope: "media:folder" },
    ]);
  }
  const error = folderError(failing("EIO"), store.scope);
  const down = { kind: "unavailable", scope: "media:folder" };
  expect([error.message, error.next]).toEqual(["the media folder failed: EIO", down]);

  await writeFile(join(base, "below"), "no folder");
  await expect(write("a")).rejects.toMatchObject({ next: down });
});

async function* body(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text);
}
