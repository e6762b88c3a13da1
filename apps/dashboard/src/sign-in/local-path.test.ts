import fc from "fast-check";
import { expect, test } from "vitest";
import { localPath } from "./local-path.ts";

test.each([
  "/",
  "/audit?actor=grace&before=1",
  "/queue/whatsapp-inbound?status=failed",
  "/a//b",
  "/%2F%2Fother.example",
])("after the sign-in it goes on to %s", (path) => expect(localPath(path)).toBe(path));

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
])("it does not leave for %j", (next) => expect(localPath(next)).toBe("/"));

test("whatever is asked for, a browser stays on the host", () => {
  const piece = fc.constantFrom(
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
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      expect(new URL(localPath(pieces.join("")), "https://ours.example").host).toBe("ours.example");
    }),
    { numRuns: 2_000 },
  );
});
