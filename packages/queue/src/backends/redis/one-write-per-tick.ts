import type { Writable } from "node:stream";

/**
 * Makes a stream send what is written in one tick of the event loop together. ioredis writes each command by itself, so
 * that 64 jobs that end together cost 64 system calls here, and up to 64 in Redis. The order and the result of each command
 * stay as they are; ioredis's own pipelining changes both, and with it
 * [jobs lost their data](https://github.com/OptimalBits/bull/issues/2276).
 */
export function writeOncePerTick(stream: Writable): void {
  const write = stream.write.bind(stream);
  let isCorked = false;
  stream.write = ((...chunk: Parameters<Writable["write"]>) => {
    if (!isCorked) {
      isCorked = true;
      stream.cork();
      process.nextTick(() => {
        isCorked = false;
        stream.uncork();
      });
    }
    return write(...chunk);
  }) as Writable["write"];
}
