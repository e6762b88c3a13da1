import { z } from "zod";

/** The schemas of an OpenAPI document, each under a name, with their definitions beside them. */
export type SchemaComponents = {
  schemas: Record<string, unknown>;
  /** Adds a schema, by what goes in or by what comes out of it, and returns a reference to it. */
  add(name: string, schema: z.ZodType, io: "input" | "output"): { $ref: string };
};

/**
 * Turns zod schemas into JSON Schema 2020-12, the dialect of OpenAPI 3.1. zod points from a schema's own root
 * (`#/$defs/Text`, `#`), which within a document would be the document's: those pointers are turned to the components.
 */
export function schemaComponents(): SchemaComponents {
  const schemas: Record<string, unknown> = {};
  const at = (name: string) => `#/components/schemas/${name}`;
  return {
    schemas,
    add(name, schema, io) {
      const { $schema: _, $defs = {}, ...root } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
      const resolve = (ref: string) => (ref === "#" ? at(name) : ref.replace("#/$defs/", at(`${name}.`)));
      schemas[name] = withRefs(root, resolve);
      for (const [definition, part] of Object.entries($defs))
        schemas[`${name}.${definition}`] = withRefs(part, resolve);
      return { $ref: at(name) };
    },
  };
}

function withRefs(part: unknown, resolve: (ref: string) => string): unknown {
  if (Array.isArray(part)) return part.map((entry) => withRefs(entry, resolve));
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [
      key,
      key === "$ref" && typeof value === "string" ? resolve(value) : withRefs(value, resolve),
    ]),
  );
}
