import { expect, test } from "vitest";
import { createWriteCheck } from "./write-check.ts";

test("all calls within a second share one write, whether it succeeds or fails", async () => {
  let time = 0;
  const results = [true, false, true];
  let writes = 0;
  const check = createWriteCheck(
    async () => {
      if (!results[writes++]) throw new Error("read-only");
    },
    () => time,
  );
  const isWritable = () =>
    check().then(
      () => true,
      () => false,
    );
  for (const expected of results) {
    expect(await Promise.all([isWritable(), isWritable()])).toEqual([expected, expected]);
    time += 999;
    expect(await isWritable()).toBe(expected);
    time += 1;
  }
  expect(writes).toBe(3);
});
