import {
  type EventHandler,
  type InboundEvent,
  permanent,
  UNREADABLE,
  unreadableSchema,
  type Write,
} from "@millrace/core";
import { parsePayload } from "../../shared/parse-payload.ts";
import { isObject } from "../../shared/json-value.ts";
import { callWrite } from "./calls.ts";
import { userIdUpdateWrite } from "../identity/identity-changes.ts";
import { unhandled } from "./unhandled.ts";
import { echoWrite, messageWrite } from "./messages.ts";
import { preferenceWrite } from "./preferences.ts";
import { statusWrite } from "./statuses.ts";

/**
 * Handles the events of WhatsApp's webhook.
 * @param takesOver whether a message from the WhatsApp Business app takes the conversation over
 */
export function whatsappHandler(takesOver: boolean): EventHandler {
  return { callsProvider: false, scopes: () => [], handle: async (event) => writeOf(event, takesOver) };
}

function writeOf(event: InboundEvent, takesOver: boolean): Write {
  switch (event.kind) {
    case "message":
      return messageWrite(event);
    case "echo":
      return echoWrite(event, takesOver);
    case "status":
      return statusWrite(event);
    case "preference":
      return preferenceWrite(event);
    case "user_id_update":
      return userIdUpdateWrite(event);
    case "error":
      return unhandled(at(event.payload, "error", "code"));
    case "change": {
      const field = at(event.payload, "field");
      return field === "calls" ? callWrite(event) : unhandled(field);
    }
    case UNREADABLE:
      throw permanent(parsePayload(unreadableSchema, event.payload).reason, UNREADABLE);
    default:
      throw permanent(`unknown event kind: ${event.kind}`, "kind");
  }
}

function at(payload: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), payload);
}
