import { createHash } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import type { Hono } from "hono";
import { createSandboxApp } from "../../app.ts";

let ms = 0;
let app: Hono;

beforeEach(() => {
  app = createSandboxApp({ now: () => new Date(ms) });
});

const headers = { authorization: "Bearer sandbox" };
type MediaLookup = { url: string; mime_type: string; sha256: string; file_size: number; id: string };

async function lookup(id: string): Promise<MediaLookup> {
  const response = await app.request(`/graph/v26.0/${id}?phone_number_id=1`, { headers });
  return (await response.json()) as MediaLookup;
}

async function upload(file: File, fields: Record<string, string> = { messaging_product: "whatsapp" }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set("file", file);
  const response = await app.request("/graph/v26.0/1/media", { method: "POST", headers, body: form });
  return (await response.json()) as { id: string; error?: { code: number } };
}

test.each(["image", "sticker", "audio", "voice", "video", "document", "image-7"])(
  "the file sandbox-media-%s exists, and its hash and size are correct",
  async (kind) => {
    const found = await lookup(`sandbox-media-${kind}`);
    const response = await app.request(found.url, { headers });
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get("content-type")).toBe(found.mime_type);
    expect(bytes.length).toBe(found.file_size);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(found.sha256);
  },
);

test("an uploaded file can be downloaded and sent", async () => {
  const { id } = await upload(new File(["%PDF-1.4 hello"], "a.pdf", { type: "application/pdf" }));
  const { url, mime_type } = await lookup(id);
  expect(mime_type).toBe("application/pdf");
  expect(await (await app.request(url, { headers })).text()).toBe("%PDF-1.4 hello");
  const body = JSON.stringify({ messaging_product: "whatsapp", to: "+491", type: "document", document: { id } });
  expect((await app.request("/graph/v26.0/1/messages", { method: "POST", headers, body })).status).toBe(200);
});

test.each([
  ["of an unsupported type", new File(["x"], "a.exe", { type: "image/bmp" }), 100],
  ["that is empty", new File([], "a.png", { type: "image/png" }), 131053],
  ["that is too large", new File([new Uint8Array(5_000_001)], "a.png", { type: "image/png" }), 131053],
])("a file %s is rejected", async (_what, file, code) => {
  expect(await upload(file)).toMatchObject({ error: { code } });
});

test("a download URL requires the token and is valid for five minutes", async () => {
  const { url } = await lookup("sandbox-media-image");
  expect((await app.request(url)).status).toBe(400);
  ms += 5 * 60_000 - 1;
  expect((await app.request(url, { headers })).status).toBe(200);
  ms += 1;
  expect((await app.request(url, { headers })).status).toBe(404);
  expect((await app.request((await lookup("sandbox-media-image")).url, { headers })).status).toBe(200);
});

test("an unknown file is reported with Meta's error", async () => {
  expect(await lookup("123")).toMatchObject({ error: { code: 100, error_subcode: 33 } });
});

test("the faults expired_url, missing and corrupt each change one response", async () => {
  const { url, sha256 } = await lookup("sandbox-media-image");
  const addFault = (fault: object) => app.request("/_faults", { method: "POST", body: JSON.stringify(fault) });
  await addFault({ match: { api: "media" }, fault: "expired_url" });
  await addFault({ match: { mediaId: "sandbox-media-image" }, fault: "corrupt" });
  await addFault({ match: { step: "lookup" }, fault: "missing" });
  expect(await lookup("sandbox-media-image")).toMatchObject({ error: { code: 100 } });
  expect((await app.request(url, { headers })).status).toBe(404);
  const broken = await (await app.request(url, { headers })).arrayBuffer();
  expect(createHash("sha256").update(Buffer.from(broken)).digest("hex")).not.toBe(sha256);
  expect((await app.request(url, { headers })).status).toBe(200);
});
