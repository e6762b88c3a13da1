import fc from "fast-check";
import { expect, test } from "vitest";
import { findClickIdInFields, findClickIdInText } from "./click-id.ts";

const ID = "EAIaIQobChMI-8_x7fW";

test.each([
  ["gclid", `Hello, is the blue one still there? (gclid: ${ID})`],
  ["gclid", `gclid=${ID}`],
  ["gclid", `I saw https://mill.example/?gclid=${ID}&utm=x`],
  ["gclid", `/start gclid_${ID}`],
  ["wbraid", `/start wbraid-${ID}`],
  ["gbraid", `Hello\nGBRAID : ${ID}.`],
])("finds the %s that a link put into a text: %s", (kind, text) => {
  expect(findClickIdInText(text)).toEqual({ kind, id: ID });
});

test.each([
  "What is a gclid: can you help me?",
  `egclid: ${ID}`,
  `ctwa_clid: ${ID}`,
  `fbclid=${ID}`,
  `gclid ${ID}`,
  `gclid: ${"x".repeat(513)}`,
  "",
  undefined,
])("finds no click id in %s", (text) => {
  expect(findClickIdInText(text)).toBeUndefined();
});

test("finds every possible click id unchanged", () => {
  const ids = fc.stringMatching(/^[\w-]{10,512}$/);
  fc.assert(
    fc.property(fc.constantFrom("gclid", "gbraid", "wbraid"), ids, (kind, id) => {
      expect(findClickIdInText(`Hi (${kind}: ${id})`)).toEqual({ kind, id });
    }),
  );
});

test("finds the click id in a form's hidden field by the name of the field", () => {
  expect(findClickIdInFields({ full_name: ["Ada"], GCLID: [` ${ID} `] })).toEqual({ kind: "gclid", id: ID });
  expect(findClickIdInFields({ gclid: [""], wbraid: [ID] })).toEqual({ kind: "wbraid", id: ID });
  expect(findClickIdInFields({ gclid: ["<test lead: dummy data for gclid>"], gbraid: [] })).toBeUndefined();
});
