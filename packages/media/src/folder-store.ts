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

/** The folder of files that are being written, on the same file system, so that a rename moves them. */
const PARTIAL = "~partial";

/** Only the owner and its group can read the files, because they contain personal data. */
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

/** The metadata file next to a file. The hash identifies the bytes that it describes. */
const metadataSchema = z.object({ sha256: z.string(), sizeBytes: z.number(), mimeType: z.string().optional() });

/**
 * Stores files in a folder, each under its key, with its type in a metadata file next to it (`<name>~.json`). The caller
 * checks the keys with checkKey. The store follows no symbolic link inside the folder; the folder itself may be one.
 */
export function folderStore(root: string, scope: string): FileStore {
  return {
    async read(key) {
      try {
        const { folder, name } = await locate(root, key, requireFolder);
        const bytes = await bytesOf(join(folder, name));
        return { bytes, mimeType: await typeOf(bytes, join(folder, metadataName(name))) };
      } catch (error) {
        throw NO_SUCH_FILE.has(codeOf(error)) ? noFile() : folderError(error, scope);
      }
    },

    async write(key, body, { mimeType, maxBytes }) {
      const measured = measure(body, maxBytes);
      const partial = join(root, PARTIAL, randomUUID());
      const partialMetadata = metadataName(partial);
      try {
        await mkdir(join(root, PARTIAL), { recursive: true, mode: FOLDER_MODE });
        const { folder, name } = await locate(root, key, makeFolder);
        await refuseFolder(join(folder, name));
        await writeThrough(partial, measured.chunks);
        const measurements = measured.result();
        await writeThrough(partialMetadata, `${JSON.stringify({ ...measurements, mimeType })}\n`);
        // The metadata first: a readable file then has its type, and metadata without its file is never read.
        await rename(partialMetadata, join(folder, metadataName(name)));
        await rename(partial, join(folder, name));
        await syncFolder(folder);
        return { key, store: "folder", mimeType, ...measurements };
      } catch (error) {
        await Promise.all([partial, partialMetadata].map((path) => rm(path, { force: true }).catch(() => undefined)));
        throw measured.failure() ?? folderError(error, scope);
      }
    },

    async remove(key) {
      try {
        const { folder, name } = await locate(root, key, requireFolder);
        await refuseFolder(join(folder, name));
        // The file first, because metadata without its file is never read.
        await rm(join(folder, name), { force: true });
        await rm(join(folder, metadataName(name)), { force: true });
        await syncFolder(folder);
      } catch (error) {
        if (!NO_SUCH_FILE.has(codeOf(error)) && !isNoFile(error)) throw folderError(error, scope);
      }
    },
  };
}

function metadataName(name: string): string {
  return `${name}~.json`;
}

/** Returns the folder and the name of a key. It enters one folder at a time, so that no link leads out of the store. */
async function locate(root: string, key: string, enter: (folder: string, parent: string) => Promise<void>) {
  const names = key.split("/");
  const name = names.pop() ?? "";
  let folder = root;
  for (const child of names) {
    const parent = folder;
    folder = join(parent, child);
    await enter(folder, parent);
  }
  return { folder, name };
}

async function requireFolder(folder: string): Promise<void> {
  if (!(await lstat(folder)).isDirectory()) throw noFile();
}

async function makeFolder(folder: string, parent: string): Promise<void> {
  try {
    await mkdir(folder, { mode: FOLDER_MODE });
    await syncFolder(parent);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    if (!(await lstat(folder)).isDirectory())
      throw permanent("the media key contains a file or a link as a folder", "invalid_key");
  }
}

async function refuseFolder(path: string): Promise<void> {
  const existing = await lstat(path).catch(() => undefined);
  if (existing?.isDirectory()) throw permanent("the media key names a folder", "invalid_key");
}

/** Writes a new file and syncs it to the disk. */
async function writeThrough(path: string, content: string | AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, "wx", FILE_MODE);
  await file.writeFile(content);
  await file.sync();
}

/** A rename is durable once its folder is synced. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  return await file.readFile();
}

/**
 * Returns the type in a file's metadata. Two writers of one key, or a crash between the renames, can leave the metadata of
 * other bytes. The type is then undefined, never the type of another file.
 */
async function typeOf(bytes: Uint8Array<ArrayBuffer>, metadataPath: string): Promise<string | undefined> {
  const text = await readFile(metadataPath).catch(() => undefined);
  const json = text && parseJsonBody(text);
  const metadata = metadataSchema.safeParse(json?.ok ? json.value : undefined).data;
  if (metadata?.mimeType === undefined) return undefined;
  // WebCrypto hashes on another thread, because a file may have 100 MB.
  const digest = await webcrypto.subtle.digest("SHA-256", bytes);
  return Buffer.from(digest).toString("hex") === metadata.sha256 ? metadata.mimeType : undefined;
}
