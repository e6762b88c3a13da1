export { createProgram } from "./program.ts";
export { exitCodeOf } from "./usage-error.ts";
