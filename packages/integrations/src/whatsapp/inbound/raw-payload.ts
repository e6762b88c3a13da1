import type { InboundEvent } from "@millrace/core";
import { isObject } from "../../shared/json-value.ts";

/** The platform's own object, as it came: a schema's reading of it leaves out what it could not make sense of. */
export function rawOf({ payload }: InboundEvent, name: "message" | "status"): unknown {
  return isObject(payload) ? payload[name] : undefined;
}
