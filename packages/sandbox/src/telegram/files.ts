import { createHash } from "node:crypto";
import { createFileMemory } from "../files/file-store.ts";
import { type SampleFile, sampleFile } from "../files/sample-files.ts";
import { badRequest, Refusal } from "./responses.ts";
import type { Call } from "./call.ts";

/** Kinds of files that are sent by a method of their own. */
export const FILE_KINDS = ["photo", "document", "audio", "video", "voice"] as const;
/** See {@link FILE_KINDS}. */
export type FileKind = (typeof FILE_KINDS)[number];

/** https://core.telegram.org/bots/api#sending-files and https://core.telegram.org/bots/api#getfile */
const MAX_UPLOAD = 50_000_000;
const MAX_PHOTO = 10_000_000;
const MAX_DOWNLOAD = 20_000_000;

/** Telegram's files: what was uploaded, and `sandbox-media-<kind>`, which is always there. */
export type Files = {
  /** The file that a parameter means (an id, a link, or a part of the body), as a message shows it. Throws {@link Refusal}. */
  take(given: unknown, kind: FileKind, call: Call): Promise<unknown>;
  /** The answer of `getFile`. Throws {@link Refusal}. */
  locate(id: unknown): unknown;
  /** The file at a path that `locate` gave. */
  at(path: string): SampleFile | undefined;
};

/** {@link Files} with nothing uploaded yet. */
export function createFiles(): Files {
  const uploaded = createFileMemory<SampleFile>();
  const find = (id: string) => uploaded.get(id) ?? sampleFile(id);
  let uploads = 0;

  const put = async (file: File, kind: FileKind): Promise<string> => {
    if (file.size === 0) throw badRequest("file must be non-empty");
    if (file.size > MAX_UPLOAD) throw new Refusal({ status: 413, description: "Request Entity Too Large" });
    if (kind === "photo" && file.size > MAX_PHOTO) throw badRequest("file is too big");
    uploads += 1;
    const id = `sandbox-file-${uploads}`;
    uploaded.put(id, { filename: file.name, mimeType: file.type, bytes: await file.bytes() });
    return id;
  };

  return {
    async take(given, kind, { files }) {
      if (typeof given !== "string" || given === "") throw badRequest(`there is no ${kind} in the request`);
      if (/^https?:\/\//.test(given)) return shown(`sandbox-media-${kind}`, kind, find);
      const part = /^attach:\/\/(.+)$/.exec(given)?.[1];
      if (part === undefined) {
        if (!find(given)) throw badRequest("wrong file identifier/HTTP URL specified");
        return shown(given, kind, find);
      }
      const file = files.get(part);
      if (!file) throw badRequest("wrong HTTP URL specified: unsupported URL protocol");
      return shown(await put(file, kind), kind, find);
    },
    locate(id) {
      const file = typeof id === "string" ? find(id) : undefined;
      if (!file) throw badRequest("wrong file_id or the file is temporarily unavailable");
      if (file.bytes.length > MAX_DOWNLOAD) throw badRequest("file is too big");
      const extension = /\.\w{1,8}$/.exec(file.filename)?.[0] ?? "";
      return { ...nameOf(String(id)), file_size: file.bytes.length, file_path: `files/${String(id)}${extension}` };
    },
    at: (path) => find(/^files\/([\w-]+)(?:\.\w+)?$/.exec(path)?.[1] ?? ""),
  };
}

function nameOf(id: string) {
  return { file_id: id, file_unique_id: createHash("sha256").update(id).digest("base64url").slice(0, 15) };
}

/** https://core.telegram.org/bots/api#photosize and the like. */
function shown(id: string, kind: FileKind, find: (id: string) => SampleFile | undefined): unknown {
  const { filename, mimeType, bytes } = find(id) ?? {};
  const file = { ...nameOf(id), file_size: bytes?.length };
  const size = { width: 8, height: 8 };
  if (kind === "photo") return [{ ...file, ...size }];
  const length = kind === "document" ? {} : { duration: 1 };
  return { ...file, file_name: filename, mime_type: mimeType, ...length, ...(kind === "video" ? size : {}) };
}
