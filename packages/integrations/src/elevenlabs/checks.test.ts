import { expect, test } from "vitest";
import { checkedSandbox, runUnreachable } from "../../test/run-checks.ts";
import { elevenlabs } from "./index.ts";

test("a valid API key is ok, a wrong one a failure, and a missing one has no check", async () => {
  const { run } = checkedSandbox(elevenlabs);
  expect(await run()).toMatchObject([{ check: "elevenlabs API key", state: "ok" }]);
  expect(await run({ ELEVENLABS_API_KEY: "wrong" })).toMatchObject([
    { state: "fail", remedy: expect.stringContaining("ELEVENLABS_API_KEY") },
  ]);
  expect(await run({ ELEVENLABS_API_KEY: "" })).toEqual([]);
});

test("an unreachable API is a warning", async () => {
  expect(await runUnreachable(elevenlabs)).toMatchObject([
    { state: "warn", remedy: expect.stringContaining("network") },
  ]);
});
