import { expect, test } from "vitest";
import { z } from "zod";
import { baseUrl, EnvironmentError, flag, port, readAll, readEnvironment, secretList } from "./environment.ts";

const schema = z.object({ SECRET: secretList, PORT: port(80), ON: flag(true), URL: baseUrl("https://example.org") });

test("an unset or empty variable has its default", () => {
  expect(readEnvironment(schema, { SECRET: "a, b,", PORT: "", ON: "false" })).toEqual({
    SECRET: ["a", "b"],
    PORT: 80,
    ON: false,
    URL: "https://example.org",
  });
});

test("each invalid variable of every group has a line, and no line contains a value", () => {
  const read = () => readEnvironment(schema, { SECRET: ",", PORT: "hunter2", ON: "maybe", URL: "ftp://hunter2" });
  const other = () => readEnvironment(z.object({ OTHER: z.string() }), {});
  const problems = (() => {
    try {
      return readAll({ read, other });
    } catch (error) {
      return error instanceof EnvironmentError ? error.problems : [];
    }
  })();
  expect(problems).toEqual([
    "SECRET: must hold at least one secret",
    "PORT: must be a port",
    "ON: must be true or false",
    "URL: must be an http or https URL",
    "OTHER is missing",
  ]);
});
