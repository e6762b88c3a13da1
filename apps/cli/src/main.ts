import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import "@millrace/db/drizzle-resolution";
import { runMillrace } from "./run-millrace.ts";

// A later command starts in half the time. Where the folder is not writable, Node goes on without the cache.
enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/millrace", import.meta.url)));

const args = process.argv.slice(2);
const exitCode = await runMillrace(args.length === 0 ? ["--help"] : args);
if (exitCode !== 0) process.exit(exitCode);
