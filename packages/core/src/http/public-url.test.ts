import { expect, test } from "vitest";
import { EnvironmentError } from "../runtime/environment.ts";
import { localRequestUrl, readPublicUrl } from "./public-url.ts";

test("the public URL loses its trailing slash and keeps its path prefix", () => {
  expect(readPublicUrl({})).toBeUndefined();
  expect(readPublicUrl({ INGEST_PUBLIC_URL: "" })).toBeUndefined();
  expect(readPublicUrl({ INGEST_PUBLIC_URL: "https://hooks.example/" })).toBe("https://hooks.example");
  expect(readPublicUrl({ INGEST_PUBLIC_URL: "https://hooks.example/mill/" })).toBe("https://hooks.example/mill");
});

test.each(["hooks.example", "ftp://hooks.example", "https://hooks.example?a=1", "https://hooks.example/#a"])(
  "the public URL %s stops the start",
  (url) => {
    expect(() => readPublicUrl({ INGEST_PUBLIC_URL: url })).toThrow(EnvironmentError);
  },
);

test("a request from this machine has the public URL, or else the port of ingest", () => {
  const path = "/api/x?a=%20b";
  expect(localRequestUrl({}, path)).toBe(`http://127.0.0.1:8080${path}`);
  expect(localRequestUrl({ INGEST_PORT: "9000" }, path)).toBe(`http://127.0.0.1:9000${path}`);
  expect(localRequestUrl({ INGEST_PUBLIC_URL: "https://a.example/mill" }, path)).toBe(`https://a.example/mill${path}`);
});
