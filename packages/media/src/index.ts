export { checkMedia } from "./check-media.ts";
export { type MediaConfig, readMediaConfig } from "./env.ts";
export { openMediaStore, type OpenMediaStore } from "./media-store.ts";
