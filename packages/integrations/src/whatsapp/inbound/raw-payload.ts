import type { InboundEvent } from "@millrace/core";
import { isObject } from "../../shared/json-value.ts";

/** WhatsApp's object without changes. The parsed object lacks the values that its schema does not accept. */
export function rawOf({ payload }: InboundEvent, name: "message" | "status"): unknown {
  return isObject(payload) ? payload[name] : undefined;
}
