import { expect, test } from "vitest";
import { readSelection, requireSelection } from "./selection.ts";

const ID = "01A220A4-04E7-74AC-A2EE-03F6DCBBB07F";

test("ids and options together select dead letters", () => {
  const selection = readSelection([ID], { queue: "meta-inbound", errorKind: "permanent" });
  expect(selection).toEqual({ ids: [ID.toLowerCase()], queue: "meta-inbound", errorKind: "permanent" });
});

test.each([
  ["an id that is no UUID", ["lead.1"], {}, "lead.1 is not an id"],
  ["a wrong kind of error", [], { errorKind: "broken" }, "--error-kind: "],
  ["a wrong time", [], { since: "yesterday" }, "--since: "],
  ["--all with another option", [], { all: true as const, queue: "meta-inbound" }, "--all cannot be combined"],
])("%s is refused", (_, ids, options, message) => {
  expect(() => readSelection(ids, options)).toThrow(message);
});

test("a change to all dead letters needs --all", () => {
  expect(() => requireSelection([], {})).toThrow("no dead letters are selected");
  expect(requireSelection([], { all: true })).toEqual({});
});
