import { openLine } from "./line.ts";

// A consumer of requests in a process of its own, to be killed while it holds the head of the line.
const [, , databaseUrl = "", queueUrl = ""] = process.argv;
const line = await openLine(databaseUrl, queueUrl, "requests");
line.work((event) => {
  process.send?.(event.id);
  return new Promise(() => undefined);
});
