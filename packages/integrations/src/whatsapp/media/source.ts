import { type HttpDownload, type MediaSource, permanent, ProviderError } from "@millrace/core";
import { z } from "zod";
import { accessOf, bearer, callGraph, type NumberAccess } from "../api/call.ts";
import { type CallOrigin, failureOf, NO_OBJECT, unreadable } from "../api/failure.ts";
import { numberScope } from "../api/scopes.ts";
import type { ApiConfig } from "../config.ts";
import { optionalText } from "../inbound/schema.ts";

/** The largest file that WhatsApp accepts from a person, in bytes: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media */
const MAX_BYTES = 100 * 1024 * 1024;

/** Meta's hosts. The token is sent to no other host. */
const HOSTS = /^(?:lookaside\.fbsbx\.com|(?:[a-z0-9-]+\.)+(?:fbcdn\.net|fbsbx\.com|whatsapp\.net))$/;

/** Some of Meta's hosts reject a request without a user agent. */
const USER_AGENT = "Millrace";

const fileSchema = z.object({
  url: z.url(),
  mime_type: optionalText,
  sha256: optionalText,
  file_size: z.coerce.number().int().nonnegative().optional().catch(undefined),
});

type Context = Parameters<MediaSource["open"]>[1];

/** Fetches files: it looks up the URL, which is valid for five minutes, and then downloads the file. */
export function whatsappMedia(config: ApiConfig): MediaSource {
  return {
    scopes: ({ accountId }) => [numberScope(accountId)],
    maxBytes: MAX_BYTES,
    async open({ accountId, media }, context) {
      const access = accessOf(config, accountId);
      const origin: CallOrigin = { numberScope: numberScope(accountId), rateLimitHits: 0 };
      const open = async () => {
        const file = await lookUp(media.id, access, origin, context);
        return { file, response: await download(file.url, access, context) };
      };
      // A URL can expire early, so a new one is looked up once.
      const first = await open();
      const { file, response } = first.response.status === 404 ? await open() : first;
      if (response.status === 404) throw gone();
      if (!response.body) throw failureOf({ ...response, json: undefined }, origin, context.now()) ?? unreadable();
      return {
        body: response.body,
        mimeType: file.mime_type ?? media.mimeType,
        sha256: hexOf(file.sha256 ?? media.sha256),
        sizeBytes: file.file_size,
      };
    },
  };
}

async function lookUp(id: string, access: NumberAccess, origin: CallOrigin, context: Context) {
  const path = `${encodeURIComponent(id)}?phone_number_id=${encodeURIComponent(access.phoneNumberId)}`;
  const answer = await orGone(callGraph(access, { path }, origin, context));
  const file = fileSchema.safeParse(answer).data;
  if (!file) throw unreadable();
  if (file.file_size !== undefined && file.file_size > MAX_BYTES)
    throw permanent("the file is larger than the limit of 100 MB", "too_large");
  return file;
}

/** Graph returns "invalid parameter" for an id that is unknown or has expired. */
async function orGone<T>(response: Promise<T>): Promise<T> {
  try {
    return await response;
  } catch (error) {
    if (error instanceof ProviderError && (error.code === NO_OBJECT || error.code === "100")) throw gone();
    throw error;
  }
}

function gone(): ProviderError {
  return permanent("WhatsApp no longer has the file: it keeps files for seven days", "gone");
}

function download(address: string, { token, baseUrl }: NumberAccess, context: Context): Promise<HttpDownload> {
  const url = new URL(address);
  const isMetaHost = url.protocol === "https:" && url.port === "" && HOSTS.test(url.hostname);
  if (!isMetaHost && url.origin !== new URL(baseUrl).origin)
    throw permanent("the URL of the file is not at a host of Meta", "foreign_host");
  const headers = { ...bearer(token), "user-agent": USER_AGENT };
  return context.download({ method: "GET", url: address, headers }, context.signal);
}

/** Converts a hash to hex. Webhooks contain it in base64, the API in hex. */
function hexOf(sha256: string | undefined): string | undefined {
  if (sha256 === undefined) return undefined;
  if (/^[0-9a-f]{64}$/i.test(sha256)) return sha256.toLowerCase();
  const bytes = Buffer.from(sha256, "base64");
  return bytes.length === 32 ? bytes.toString("hex") : undefined;
}
