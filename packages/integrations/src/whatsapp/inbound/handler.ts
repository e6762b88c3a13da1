import { type EventHandler, type Handled, type InboundEvent, permanent } from "@millrace/core";
import { isObject } from "../../shared/json-value.ts";
import { handleCall } from "./calls.ts";
import { handleUserIdUpdate } from "../identity/identity-changes.ts";
import { unhandled } from "./unhandled.ts";
import { handleEcho, handleMessage } from "./messages.ts";
import { handlePreference } from "./preferences.ts";
import { handleStatus } from "./statuses.ts";

/**
 * Handles the events of WhatsApp's webhook.
 * @param takesOver whether a message from the WhatsApp Business app takes the conversation over
 */
export function whatsappHandler(takesOver: boolean): EventHandler {
  return { handle: (event) => handle(event, takesOver) };
}

function handle(event: InboundEvent, takesOver: boolean): Handled {
  switch (event.kind) {
    case "message":
      return handleMessage(event);
    case "echo":
      return handleEcho(event, takesOver);
    case "status":
      return handleStatus(event);
    case "preference":
      return handlePreference(event);
    case "user_id_update":
      return handleUserIdUpdate(event);
    case "error":
      return unhandled(at(event.payload, "error", "code"));
    case "change": {
      const field = at(event.payload, "field");
      return field === "calls" ? handleCall(event) : unhandled(field);
    }
    default:
      throw permanent(`unknown event kind: ${event.kind}`, "kind");
  }
}

function at(payload: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), payload);
}
