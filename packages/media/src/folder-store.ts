import { randomUUID, webcrypto } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseJsonBody, permanent } from "@millrace/core";
import { z } from "zod";
import type { FileStore } from "./file-store.ts";
import { codeOf, folderError, NO_SUCH_FILE } from "./folder-error.ts";
import { isNoFile, noFile } from "./key.ts";
import { measure } from "./measure.ts";

/** Where files are while they are being written: the same file system, so that a rename moves them. */
const PARTIAL = "~partial";

/** For the owner and the owner's group: what people send is nobody else's business. */
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

/** What stands beside a file. The hash says which bytes it belongs to. */
const noteSchema = z.object({ sha256: z.string(), sizeBytes: z.number(), mimeType: z.string().optional() });

/**
 * Files in a folder, each under its key with its type in a note beside it (`<name>~.json`). Keys must have passed
 * checkKey. No link inside the folder is followed; the folder itself may be one.
 */
export function folderStore(root: string, scope: string): FileStore {
  return {
    async read(key) {
      try {
        const { folder, name } = await placeOf(root, key, lookInto);
        const bytes = await bytesOf(join(folder, name));
        return { bytes, mimeType: await typeOf(bytes, join(folder, noteName(name))) };
      } catch (error) {
        throw NO_SUCH_FILE.has(codeOf(error)) ? noFile() : folderError(error, scope);
      }
    },

    async write(key, body, { mimeType, maxBytes }) {
      const measured = measure(body, maxBytes);
      const partial = join(root, PARTIAL, randomUUID());
      const partialNote = noteName(partial);
      try {
        await mkdir(join(root, PARTIAL), { recursive: true, mode: FOLDER_MODE });
        const { folder, name } = await placeOf(root, key, makeFolder);
        await refuseFolder(join(folder, name));
        await writeThrough(partial, measured.chunks);
        const facts = measured.facts();
        await writeThrough(partialNote, `${JSON.stringify({ ...facts, mimeType })}\n`);
        // The note first: a file that can be read has its type, and a note without its file says nothing.
        await rename(partialNote, join(folder, noteName(name)));
        await rename(partial, join(folder, name));
        await syncFolder(folder);
        return { key, store: "folder", mimeType, ...facts };
      } catch (error) {
        await Promise.all([partial, partialNote].map((path) => rm(path, { force: true }).catch(() => undefined)));
        throw measured.failure() ?? folderError(error, scope);
      }
    },

    async remove(key) {
      try {
        const { folder, name } = await placeOf(root, key, lookInto);
        await refuseFolder(join(folder, name));
        // The file first: a note without its file says nothing.
        await rm(join(folder, name), { force: true });
        await rm(join(folder, noteName(name)), { force: true });
        await syncFolder(folder);
      } catch (error) {
        if (!NO_SUCH_FILE.has(codeOf(error)) && !isNoFile(error)) throw folderError(error, scope);
      }
    },
  };
}

function noteName(name: string): string {
  return `${name}~.json`;
}

/** The folder of a key, entered step by step, so that no link leads out of the store. */
async function placeOf(root: string, key: string, enter: (folder: string, parent: string) => Promise<void>) {
  const names = key.split("/");
  const name = names.pop() ?? "";
  let folder = root;
  for (const step of names) {
    const parent = folder;
    folder = join(parent, step);
    await enter(folder, parent);
  }
  return { folder, name };
}

async function lookInto(folder: string): Promise<void> {
  if (!(await lstat(folder)).isDirectory()) throw noFile();
}

async function makeFolder(folder: string, parent: string): Promise<void> {
  try {
    await mkdir(folder, { mode: FOLDER_MODE });
    await syncFolder(parent);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    if (!(await lstat(folder)).isDirectory())
      throw permanent("the media key leads through a file or a link", "odd_key");
  }
}

async function refuseFolder(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there?.isDirectory()) throw permanent("the media key is a folder's", "odd_key");
}

/** Writes a new file and waits until it is on the disk. */
async function writeThrough(path: string, content: string | AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, "wx", FILE_MODE);
  await file.writeFile(content);
  await file.sync();
}

/** A rename lasts once its folder is on the disk too. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  return await file.readFile();
}

/**
 * The type in a file's note. Two writers of one key, or a crash between the renames, can leave the note of other
 * bytes: then the type is unknown, and never another file's.
 */
async function typeOf(bytes: Uint8Array<ArrayBuffer>, notePath: string): Promise<string | undefined> {
  const text = await readFile(notePath).catch(() => undefined);
  const json = text && parseJsonBody(text);
  const note = noteSchema.safeParse(json?.ok ? json.value : undefined).data;
  if (note?.mimeType === undefined) return undefined;
  // WebCrypto hashes on another thread; a file may be 100 MB.
  const digest = await webcrypto.subtle.digest("SHA-256", bytes);
  return Buffer.from(digest).toString("hex") === note.sha256 ? note.mimeType : undefined;
}
