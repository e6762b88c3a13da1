import { z } from "zod";

/** The component schemas of an OpenAPI document. */
export type SchemaComponents = {
  schemas: Record<string, object>;
  /** Adds a schema under a name, for its input or its output, and returns a reference to it. */
  add(name: string, schema: z.ZodType, io: "input" | "output"): { $ref: string };
};

/**
 * Creates component schemas with zod's own conversion to JSON Schema 2020-12, the dialect of OpenAPI 3.1. The conversion of
 * `@hono/zod-openapi` writes a regular expression's flags into its pattern and fails on recursive schemas. References to a
 * schema's own root (`#`, `#/$defs/Text`) are changed into references to components.
 */
export function schemaComponents(): SchemaComponents {
  const schemas: Record<string, object> = {};
  const refTo = (name: string) => `#/components/schemas/${name}`;
  return {
    schemas,
    add(name, schema, io) {
      const { $schema: _, $defs = {}, ...root } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
      const resolve = (ref: string) => (ref === "#" ? refTo(name) : ref.replace("#/$defs/", refTo(`${name}.`)));
      schemas[name] = withRefs(root, resolve) as object;
      for (const [definition, part] of Object.entries($defs))
        schemas[`${name}.${definition}`] = withRefs(part, resolve) as object;
      return { $ref: refTo(name) };
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
