import { openFollowUpHarness } from "./follow-up-harness.ts";

// A worker process that dies after the commit of an event and before its follow-up jobs are enqueued.
const [, , databaseUrl = "", queueUrl = ""] = process.argv;
const { startConsumer } = await openFollowUpHarness(databaseUrl, queueUrl, () => process.kill(process.pid, "SIGKILL"));
startConsumer();
