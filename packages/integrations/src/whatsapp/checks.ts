import type { CheckOutcome, CheckPorts, Environment, ProviderCheck } from "@millrace/core";
import { z } from "zod";
import { ANY } from "../shared/meta/graph-tokens.ts";
import { callGraph, type NumberAccess } from "./api/call.ts";
import { numberScope } from "./api/scopes.ts";
import { isSwitchedOn, readApiConfig, readPhoneNumberId } from "./config.ts";

const REMEDY = "set WHATSAPP_ACCESS_TOKEN to a token of a system user that the number is assigned to";
const MANAGER = "see the number in WhatsApp Manager";

/** A value of an enumeration. Other texts are not shown. */
const name = z
  .string()
  .regex(/^[A-Z_]{1,32}$/)
  .optional()
  .catch(undefined);

/** https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account-to-number-current-status/ */
const numberSchema = z.object({ status: name, quality_rating: name, name_status: name });

/** States in which a number cannot send. */
const OUT_OF_SERVICE = new Set(["BANNED", "DELETED", "DISCONNECTED", "MIGRATED"]);

/**
 * Checks the token of each number. A default token is checked with WHATSAPP_PHONE_NUMBER_ID, or without a number if that
 * is unset. Throws EnvironmentError.
 */
export function whatsappChecks(environment: Environment): ProviderCheck[] {
  if (!isSwitchedOn(environment)) return [];
  const { tokens, baseUrl } = readApiConfig(environment);
  const defaultNumber = readPhoneNumberId(environment);
  return [...tokens].map(([id, token]) => {
    const phoneNumberId = id === ANY ? defaultNumber : id;
    if (phoneNumberId === undefined)
      return {
        check: "whatsapp access token",
        remedy: REMEDY,
        run: (ports) => checkToken({ phoneNumberId: ANY, token, baseUrl }, ports),
      };
    return {
      check: `whatsapp ${phoneNumberId}`,
      remedy: REMEDY,
      run: (ports) => checkNumber({ phoneNumberId, token, baseUrl }, ports),
    };
  });
}

async function checkToken(access: NumberAccess, ports: CheckPorts): Promise<CheckOutcome> {
  await get(access, "me?fields=id", ports);
  return { state: "ok", message: "the token is valid" };
}

async function checkNumber(access: NumberAccess, ports: CheckPorts): Promise<CheckOutcome> {
  const json = await get(access, `${access.phoneNumberId}?fields=status,quality_rating,name_status`, ports);
  const { status, quality_rating: quality, name_status: nameStatus } = numberSchema.safeParse(json).data ?? {};
  if (status !== undefined && status !== "CONNECTED")
    return {
      state: OUT_OF_SERVICE.has(status) ? "fail" : "warn",
      message: `the token is valid, but the number is ${status}`,
      remedy: MANAGER,
    };
  if (quality === "RED") return { state: "warn", message: "the quality of the number is RED", remedy: MANAGER };
  if (nameStatus === "DECLINED")
    return { state: "warn", message: "WhatsApp declined the display name of the number", remedy: MANAGER };
  return { state: "ok", message: `the token is valid, the quality of the number is ${quality ?? "UNKNOWN"}` };
}

function get(access: NumberAccess, path: string, ports: CheckPorts): Promise<unknown> {
  return callGraph(access, { path }, { numberScope: numberScope(access.phoneNumberId), rateLimitHits: 0 }, ports);
}
