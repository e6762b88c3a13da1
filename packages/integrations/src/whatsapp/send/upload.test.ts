import { unavailable } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { fakeGraph, ACCEPTED } from "../test/fake-graph.ts";
import { outgoing as message } from "../test/outgoing.ts";
import { whatsappOutbound } from "./outbound.ts";

const baseUrl = "https://graph.example/v26.0";
const outbound = whatsappOutbound({ tokens: new Map([["*", "token-any"]]), baseUrl, messagesPerSecond: 80 });

describe("a stored file", () => {
  const content = { type: "document", media: { stored: "outgoing/1", filename: "offer.pdf" }, caption: "c" };
  const files = { "outgoing/1": { bytes: Buffer.from("%PDF"), mimeType: "application/pdf" } };
  const uploaded = { json: { id: "media-9" } };

  test("is uploaded first and sent by its id", async () => {
    const graph = fakeGraph([uploaded, ACCEPTED], files);
    await outbound.send({ ...message, content }, graph.context);
    const [upload] = graph.requests;
    expect(upload).toMatchObject({ url: `${baseUrl}/111/media`, headers: { authorization: "Bearer token-any" } });
    expect(upload?.headers).not.toHaveProperty("content-type");
    const form = upload?.body instanceof FormData ? upload.body : new FormData();
    expect([form.get("messaging_product"), form.get("type")]).toEqual(["whatsapp", "application/pdf"]);
    const file = form.get("file");
    expect(file).toMatchObject({ name: "offer.pdf", type: "application/pdf", size: 4 });
    expect(graph.lastBody()).toMatchObject({ document: { id: "media-9", caption: "c", filename: "offer.pdf" } });
  });

  test("above buttons is uploaded too", async () => {
    const header = { type: "image", media: { stored: "outgoing/1" } };
    const buttons = { type: "buttons", text: "Well?", buttons: [{ id: "y", title: "Yes" }], header };
    const graph = fakeGraph([uploaded, ACCEPTED], files);
    await outbound.send({ ...message, content: buttons }, graph.context);
    expect(graph.lastBody()).toMatchObject({ interactive: { header: { type: "image", image: { id: "media-9" } } } });
  });

  test.each([
    ["image", 5 * 1024 * 1024, "5 MB"],
    ["video", 16 * 1024 * 1024, "16 MB"],
    ["audio", 16 * 1024 * 1024, "16 MB"],
    ["document", 100 * 1024 * 1024, "100 MB"],
    ["sticker", 500 * 1024, "500 KB"],
  ])("of the type %s has at most %i bytes, and a larger one is not uploaded", async (type, maxBytes, limit) => {
    const media = { stored: "f", mimeType: "a/b" };
    const fits = fakeGraph([uploaded, ACCEPTED], { f: { bytes: new Uint8Array(maxBytes) } });
    await outbound.send({ ...message, content: { type, media } }, fits.context);
    expect(fits.requests).toHaveLength(2);
    const larger = fakeGraph([], { f: { bytes: new Uint8Array(maxBytes + 1) } });
    await expect(outbound.send({ ...message, content: { type, media } }, larger.context)).rejects.toMatchObject({
      message: expect.stringContaining(limit),
      next: { kind: "permanent" },
      code: "too_large",
    });
  });

  test("without a MIME type is not uploaded", async () => {
    const graph = fakeGraph([], { "outgoing/1": { bytes: new Uint8Array(1) } });
    await expect(outbound.send({ ...message, content }, graph.context)).rejects.toMatchObject({ code: "no_type" });
  });

  test.each([
    ["HTTP 502", { status: 502 }, { kind: "unavailable", scope: "whatsapp:111" }],
    ["no response", { fails: unavailable("network failure", undefined, { uncertain: true }) }, { kind: "unavailable" }],
    ["a response without an id", { json: {} }, { kind: "retryable" }],
  ])("is uploaded again after %s without uncertainty, because nothing was sent", async (_name, answer, next) => {
    const sent = outbound.send({ ...message, content }, fakeGraph([answer], files).context);
    await expect(sent).rejects.toMatchObject({ next, uncertain: false });
  });

  test("is not uploaded outside the 24-hour window", async () => {
    const sent = outbound.send({ ...message, content, lastUserMessageAt: undefined }, fakeGraph([], files).context);
    await expect(sent).rejects.toMatchObject({ code: "131047" });
  });
});
