import fc from "fast-check";
import { expect, test } from "vitest";
import { localPath } from "./local-path.ts";

test.each([
  "/",
  "/audit?actor=grace&before=1",
  "/queue/whatsapp-inbound?status=failed",
  "/a//b",
  "/%2F%2Fother.example",
])("the sign-in leads to the path %s of this host", (path) => expect(localPath(path)).toBe(path));

test.each([
  undefined,
  "",
  "audit",
  "//other.example",
  "///other.example",
  "/\\other.example",
  "/\t/other.example",
  "/.//other.example",
  "/x/..//other.example",
  "/%2e//other.example",
  "https://other.example/",
  "javascript:alert(1)",
  "\\\\other.example",
])("the sign-in leads to the board instead of %j", (next) => expect(localPath(next)).toBe("/"));

test("no path leads a browser to another host", () => {
  const part = fc.constantFrom(
    "/",
    "\\",
    ".",
    "..",
    "\t",
    "\n",
    "@",
    ":",
    "?",
    "#",
    "%2e",
    "%2f",
    "other.example",
    "http:",
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      expect(new URL(localPath(parts.join("")), "https://ours.example").host).toBe("ours.example");
    }),
    { numRuns: 2_000 },
  );
});
