import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/** Reads one line of stdin. On a terminal it asks first, and shows nothing of what is typed. */
export async function readSecret(question: string): Promise<string> {
  const terminal = process.stdin.isTTY;
  if (terminal) process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal });
  // Ctrl-C reaches the reader alone while it has the terminal to itself.
  lines.once("SIGINT", () => process.exit(130));
  const line = await new Promise<string>((resolve) => {
    lines.once("line", resolve);
    lines.once("close", () => resolve(""));
  });
  lines.close();
  if (terminal) process.stderr.write("\n");
  return line;
}
