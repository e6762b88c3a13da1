export { createSandboxApp } from "./app.ts";
