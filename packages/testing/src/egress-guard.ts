import { Socket } from "node:net";

const LOCAL = new Set(["127.0.0.1", "::1", "localhost", undefined]);
const connect = Socket.prototype.connect;

// Every connection of a test stays on this machine; anything else is a mistake that must be seen.
Socket.prototype.connect = function guarded(this: Socket, ...args: unknown[]) {
  const [first] = args;
  const options: unknown = Array.isArray(first) ? first[0] : first;
  const host = typeof options === "object" && options !== null && "host" in options ? options.host : undefined;
  if (typeof host === "string" && !LOCAL.has(host)) throw new Error(`a test tried to reach ${host}`);
  return Reflect.apply(connect, this, args);
};
