import { openPipe } from "./pipe.ts";

// A worker in a process of its own, to be killed in the middle of a job. It tells which jobs it is busy with.
const [, , databaseUrl = "", queueUrl = ""] = process.argv;
const pipe = await openPipe(databaseUrl, queueUrl);
const add = pipe.probe.running.add.bind(pipe.probe.running);
pipe.probe.running.add = (id) => {
  process.send?.(id);
  return add(id);
};
pipe.work();
