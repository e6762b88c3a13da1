/** A file of the APIs. */
export type SampleFile = { mimeType: string; filename: string; bytes: Uint8Array };

const file = (mimeType: string, filename: string, base64: string): SampleFile => ({
  mimeType,
  filename,
  bytes: Buffer.from(base64, "base64"),
});

/** A small file of each kind: 8 × 8 green pixels, 0.1 s of silence, an empty page. */
const FILES: Readonly<Record<string, SampleFile>> = {
  image: file(
    "image/png",
    "sample.png",
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mOQ7yrAihiGlgQAXx1GQbtJS70AAAAASUVORK5CYII=",
  ),
  photo: file(
    "image/jpeg",
    "sample.jpg",
    "/9j/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQH/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AP//Z",
  ),
  sticker: file("image/webp", "sample.webp", "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="),
  audio: file(
    "audio/ogg",
    "sample.ogg",
    "T2dnUwACAAAAAAAAAAABAAAAAAAAAByf9dkBE09wdXNIZWFkAQE4AYC7AAAAAABPZ2dTAAAAAAAAAAAAAAEAAAABAAAAIXqpKgEXT3B1c1RhZ3MHAAAAc2FuZGJveAAAAABPZ2dTAATAEgAAAAAAAAEAAAACAAAADsLu1AUDAwMDA/j//vj//vj//vj//vj//g==",
  ),
  voice: file(
    "audio/ogg; codecs=opus",
    "sample.ogg",
    "T2dnUwACAAAAAAAAAAABAAAAAAAAAByf9dkBE09wdXNIZWFkAQE4AYC7AAAAAABPZ2dTAAAAAAAAAAAAAAEAAAABAAAAIXqpKgEXT3B1c1RhZ3MHAAAAc2FuZGJveAAAAABPZ2dTAATAEgAAAAAAAAEAAAACAAAADsLu1AUDAwMDA/j//vj//vj//vj//vj//g==",
  ),
  video: file(
    "video/mp4",
    "sample.mp4",
    "AAAAHGZ0eXBpc29tAAACAGlzb21pc28ybXA0MQAAAHRtb292AAAAbG12aGQAAAAAAAAAAAAAAAAAAAPoAAAAAAABAAABAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
  ),
  document: file(
    "application/pdf",
    "sample.pdf",
    "JVBERi0xLjQKMSAwIG9iago8PCAvVHlwZSAvQ2F0YWxvZyAvUGFnZXMgMiAwIFIgPj4KZW5kb2JqCjIgMCBvYmoKPDwgL1R5cGUgL1BhZ2VzIC9LaWRzIFszIDAgUl0gL0NvdW50IDEgPj4KZW5kb2JqCjMgMCBvYmoKPDwgL1R5cGUgL1BhZ2UgL1BhcmVudCAyIDAgUiAvTWVkaWFCb3ggWzAgMCA3MiA3Ml0gPj4KZW5kb2JqCnhyZWYKMCA0CjAwMDAwMDAwMDAgNjU1MzUgZiAKMDAwMDAwMDAwOSAwMDAwMCBuIAowMDAwMDAwMDU4IDAwMDAwIG4gCjAwMDAwMDAxMTUgMDAwMDAgbiAKdHJhaWxlcgo8PCAvU2l6ZSA0IC9Sb290IDEgMCBSID4+CnN0YXJ0eHJlZgoxODQKJSVFT0YK",
  ),
};

/** Matches `sandbox-media-image`, and `sandbox-media-image-7` for tests that need many ids. */
const ID = /^sandbox-media-([a-z]+)(?:-[\w-]+)?$/;

/** Returns the sample file of an id. All channels have the same sample files. */
export function sampleFile(id: string): SampleFile | undefined {
  return FILES[ID.exec(id)?.[1] ?? ""];
}
