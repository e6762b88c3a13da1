import { openFollowUpLine } from "./follow-up-line.ts";

// A worker in a process of its own that dies between the commit of an event and the enqueueing of what follows from it.
const [, , databaseUrl = "", queueUrl = ""] = process.argv;
const { work } = await openFollowUpLine(databaseUrl, queueUrl, () => process.kill(process.pid, "SIGKILL"));
work();
