import { runMillrace } from "./run-millrace.ts";

const args = process.argv.slice(2);
const exitCode = await runMillrace(args.length === 0 ? ["--help"] : args);
if (exitCode !== 0) process.exit(exitCode);
