import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { until } from "@millrace/testing";
import { writeOncePerTick } from "./one-write-per-tick.ts";

test("what is written in one tick is sent together and in order, and a later write is sent by itself", async () => {
  const sent: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      sent.push(chunk.toString());
      done();
    },
    writev: (chunks, done) => {
      sent.push(chunks.map(({ chunk }) => String(chunk)).join("+"));
      done();
    },
  });
  writeOncePerTick(stream);
  for (const command of ["a", "b", "c"]) stream.write(command);
  expect(sent).toEqual([]);
  await until("the first tick is over", () => sent.length > 0);
  stream.write("d");
  await until("the second tick is over", () => sent.length > 1);
  expect(sent).toEqual(["a+b+c", "d"]);
});
