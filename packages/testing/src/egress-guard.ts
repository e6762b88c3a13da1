import { Socket } from "node:net";

const LOCAL = new Set(["127.0.0.1", "::1", "localhost", undefined]);
// Test files of one worker share modules: the guard wraps the original function once, not once per file.
const original: unique symbol = Symbol.for("millrace.original-connect");
const prototype = Socket.prototype as Socket & { [original]?: Socket["connect"] };
const connect = (prototype[original] ??= Socket.prototype.connect);

// Tests connect to this machine only. Any other connection is a mistake, so it fails.
Socket.prototype.connect = function guarded(this: Socket, ...args: unknown[]) {
  const [first] = args;
  const options: unknown = Array.isArray(first) ? first[0] : first;
  const host = typeof options === "object" && options !== null && "host" in options ? options.host : undefined;
  if (typeof host === "string" && !LOCAL.has(host)) throw new Error(`a test tried to connect to ${host}`);
  return Reflect.apply(connect, this, args);
};
