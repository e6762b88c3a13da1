import type { Integration } from "@millrace/core";
import { whatsapp } from "./whatsapp/index.ts";

/** Every integration there is. Adding one is a folder and a line here. */
export const integrations: readonly Integration[] = [whatsapp];
