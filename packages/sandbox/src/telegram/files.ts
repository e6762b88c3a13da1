import { createHash } from "node:crypto";
import { createFileStore } from "../files/file-store.ts";
import { type SampleFile, sampleFile } from "../files/sample-files.ts";
import { badRequest, TelegramApiError } from "./responses.ts";
import type { Call } from "./call.ts";

/** Kinds of files with a method of their own, such as `sendPhoto`. */
export const FILE_KINDS = ["photo", "document", "audio", "video", "voice"] as const;
/** See {@link FILE_KINDS}. */
export type FileKind = (typeof FILE_KINDS)[number];

/** https://core.telegram.org/bots/api#sending-files and https://core.telegram.org/bots/api#getfile */
const MAX_UPLOAD = 50_000_000;
const MAX_PHOTO = 10_000_000;
const MAX_DOWNLOAD = 20_000_000;

/** Telegram's files: the uploaded ones, and the sample files `sandbox-media-<kind>`. */
export type Files = {
  /** Returns the message fields of a file. `file` is an id, a URL or `attach://<part>`. Throws {@link TelegramApiError}. */
  resolve(file: unknown, kind: FileKind, call: Call): Promise<unknown>;
  /** Returns the result of `getFile`. Throws {@link TelegramApiError}. */
  locate(id: unknown): unknown;
  /** Returns the file at a path of `locate`. */
  read(path: string): SampleFile | undefined;
};

/** Creates {@link Files} without uploaded files. */
export function createFiles(): Files {
  const uploaded = createFileStore<SampleFile>();
  const find = (id: string) => uploaded.get(id) ?? sampleFile(id);
  let uploads = 0;

  const put = async (file: File, kind: FileKind): Promise<string> => {
    if (file.size === 0) throw badRequest("file must be non-empty");
    if (file.size > MAX_UPLOAD) throw new TelegramApiError({ status: 413, description: "Request Entity Too Large" });
    if (kind === "photo" && file.size > MAX_PHOTO) throw badRequest("file is too big");
    uploads += 1;
    const id = `sandbox-file-${uploads}`;
    uploaded.put(id, { filename: file.name, mimeType: file.type, bytes: await file.bytes() });
    return id;
  };

  return {
    async resolve(file, kind, { files }) {
      if (typeof file !== "string" || file === "") throw badRequest(`there is no ${kind} in the request`);
      if (/^https?:\/\//.test(file)) return messageFields(`sandbox-media-${kind}`, kind, find);
      const part = /^attach:\/\/(.+)$/.exec(file)?.[1];
      if (part === undefined) {
        if (!find(file)) throw badRequest("wrong file identifier/HTTP URL specified");
        return messageFields(file, kind, find);
      }
      const upload = files.get(part);
      if (!upload) throw badRequest("wrong HTTP URL specified: unsupported URL protocol");
      return messageFields(await put(upload, kind), kind, find);
    },
    locate(id) {
      const file = typeof id === "string" ? find(id) : undefined;
      if (!file) throw badRequest("wrong file_id or the file is temporarily unavailable");
      if (file.bytes.length > MAX_DOWNLOAD) throw badRequest("file is too big");
      const extension = /\.\w{1,8}$/.exec(file.filename)?.[0] ?? "";
      return { ...fileIds(String(id)), file_size: file.bytes.length, file_path: `files/${String(id)}${extension}` };
    },
    read: (path) => find(/^files\/([\w-]+)(?:\.\w+)?$/.exec(path)?.[1] ?? ""),
  };
}

function fileIds(id: string) {
  return { file_id: id, file_unique_id: createHash("sha256").update(id).digest("base64url").slice(0, 15) };
}

/** Builds the fields of a file in a message, such as https://core.telegram.org/bots/api#photosize. */
function messageFields(id: string, kind: FileKind, find: (id: string) => SampleFile | undefined): unknown {
  const { filename, mimeType, bytes } = find(id) ?? {};
  const file = { ...fileIds(id), file_size: bytes?.length };
  const size = { width: 8, height: 8 };
  if (kind === "photo") return [{ ...file, ...size }];
  const length = kind === "document" ? {} : { duration: 1 };
  return { ...file, file_name: filename, mime_type: mimeType, ...length, ...(kind === "video" ? size : {}) };
}
