import { registerHooks, type ResolveFnOutput } from "node:module";

/**
 * Makes the import of drizzle-orm fast: import this module before the first import of `@millrace/db`. Node 26 parses the
 * field `exports` of a package for each import within it. The field of drizzle-orm has 170 KB, so its import took over
 * half of the start of a process.
 */
const resolved = new Map<string, ResolveFnOutput>();

registerHooks({
  resolve(specifier, context, resolve) {
    const { parentURL = "" } = context;
    // The files of drizzle-orm with this ending are ES modules, which name each other by relative paths.
    if (specifier.startsWith(".") && specifier.endsWith(".js") && parentURL.includes("/node_modules/drizzle-orm/"))
      return { url: new URL(specifier, parentURL).href, format: "module", shortCircuit: true };
    if (!/^drizzle-orm(\/|$)/.test(specifier)) return resolve(specifier, context);
    // One package depends on drizzle-orm, so a name leads to the same file from every module.
    const found = resolved.get(specifier) ?? resolve(specifier, context);
    resolved.set(specifier, found);
    return { ...found, shortCircuit: true };
  },
});
