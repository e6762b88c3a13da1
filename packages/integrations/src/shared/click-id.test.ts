import fc from "fast-check";
import { expect, test } from "vitest";
import { clickInFields, clickInText } from "./click-id.ts";

const ID = "EAIaIQobChMI-8_x7fW";

test.each([
  ["gclid", `Hello, is the blue one still there? (gclid: ${ID})`],
  ["gclid", `gclid=${ID}`],
  ["gclid", `I saw https://mill.example/?gclid=${ID}&utm=x`],
  ["gclid", `/start gclid_${ID}`],
  ["wbraid", `/start wbraid-${ID}`],
  ["gbraid", `Hello\nGBRAID : ${ID}.`],
])("a %s that the link wrote into a text is found: %s", (kind, text) => {
  expect(clickInText(text)).toEqual({ kind, id: ID });
});

test.each([
  "What is a gclid: can you tell me?",
  `egclid: ${ID}`,
  `ctwa_clid: ${ID}`,
  `fbclid=${ID}`,
  `gclid ${ID}`,
  `gclid: ${"x".repeat(513)}`,
  "",
  undefined,
])("what only looks like one is none: %s", (text) => {
  expect(clickInText(text)).toBeUndefined();
});

test("whatever click id a link may carry comes out as it went in", () => {
  const ids = fc.stringMatching(/^[\w-]{10,512}$/);
  fc.assert(
    fc.property(fc.constantFrom("gclid", "gbraid", "wbraid"), ids, (kind, id) => {
      expect(clickInText(`Hi (${kind}: ${id})`)).toEqual({ kind, id });
    }),
  );
});

test("a form's hidden field is found by its name, and only while it holds a click id", () => {
  expect(clickInFields({ full_name: ["Ada"], GCLID: [` ${ID} `] })).toEqual({ kind: "gclid", id: ID });
  expect(clickInFields({ gclid: [""], wbraid: [ID] })).toEqual({ kind: "wbraid", id: ID });
  expect(clickInFields({ gclid: ["<test lead: dummy data for gclid>"], gbraid: [] })).toBeUndefined();
});
