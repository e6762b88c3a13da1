import { type CheckOutcome, type CheckPorts, classifyHttp, type Environment, type ProviderCheck } from "@millrace/core";
import { isObject } from "../shared/json-value.ts";
import { basicCredentials } from "./basic-credentials.ts";
import { type ApiConfig, readApiConfig } from "./config.ts";

/** Checks the account and its auth token. Throws EnvironmentError. */
export function twilioChecks(environment: Environment): ProviderCheck[] {
  const config = readApiConfig(environment);
  if (!config) return [];
  return [
    {
      check: "twilio-voice account",
      remedy: "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN to the values that the Twilio Console shows",
      run: (ports) => checkAccount(config, ports),
    },
  ];
}

/** https://www.twilio.com/docs/iam/api/account#fetch-an-account-resource */
async function checkAccount(config: ApiConfig, { http, now, signal }: CheckPorts): Promise<CheckOutcome> {
  const url = `${config.baseUrl}/2010-04-01/Accounts/${config.accountSid}.json`;
  const response = await http({ method: "GET", url, headers: basicCredentials(config) }, signal);
  if (response.status === 401 || response.status === 403)
    return { state: "fail", message: `Twilio rejects the auth token (${response.status})` };
  const failure = classifyHttp(response, "twilio-voice:api", now());
  if (failure) throw failure;
  const status = isObject(response.json) ? response.json["status"] : undefined;
  if (status !== "suspended" && status !== "closed") return { state: "ok", message: "the auth token is valid" };
  return { state: "fail", message: `the account is ${status}`, remedy: "see the account in the Twilio Console" };
}
