import type { Context } from "hono";
import type { SandboxDeps } from "../deps.ts";
import { errorResponse, type GraphError, missingObject, unknownField, usageHeader } from "./errors.ts";
import { bearerToken, EXPIRED_TOKEN, tokenErrorOf } from "./tokens.ts";

/** The fields of a phone number. Only requests for a number have one of them except `id`. */
const NUMBER = { quality_rating: "GREEN", status: "CONNECTED", name_status: "APPROVED" };

/** The faults of requests for a phone number: the fields that differ. */
const NUMBER_FAULTS: Readonly<Record<string, Partial<typeof NUMBER>>> = {
  disconnected: { status: "DISCONNECTED" },
  flagged: { status: "FLAGGED" },
  red_quality: { quality_rating: "RED" },
  declined_name: { name_status: "DECLINED" },
};

/** The faults of requests for a page's lead forms. */
const PAGE_FAULTS: Readonly<Record<string, GraphError>> = {
  expired_token: EXPIRED_TOKEN,
  forms_permission: {
    status: 403,
    type: "OAuthException",
    code: 200,
    message: "(#200) Requires pages_manage_ads permission to manage the object",
  },
  /** The token is one of a system user. */
  no_page: unknownField("leadgen_forms"),
};

/** Whether requests for a phone number have this fault. */
export function isNumberFault(fault: string): boolean {
  return Object.hasOwn(NUMBER_FAULTS, fault);
}

/** Whether requests for lead forms have this fault. */
export function isPageFault(fault: string): boolean {
  return Object.hasOwn(PAGE_FAULTS, fault);
}

/** Whether a request is for a phone number. */
export function asksForNumber(c: Context): boolean {
  return fieldsOf(c).some((field) => field in NUMBER);
}

/** Creates the handlers of the objects that show whether a token is valid. */
export function createCredentials({ faults, requests }: Pick<SandboxDeps, "faults" | "requests">) {
  /** Logs a request. Returns its token error. */
  const prepare = (c: Context): Response | undefined => {
    const error = tokenErrorOf(bearerToken(c.req.header("authorization")));
    requests.record(c.req.method, c.req.url, error === undefined);
    return error && errorResponse(error);
  };
  return {
    /** `GET /me`: the page or user of the token. */
    owner(c: Context): Response {
      const unknown = fieldsOf(c).find((field) => field !== "id" && field !== "name");
      if (unknown !== undefined) return prepare(c) ?? errorResponse(unknownField(unknown));
      return prepare(c) ?? Response.json({ id: "100000000000001" }, { headers: usageHeader(3, 0) });
    },
    /** `GET /<page id>/leadgen_forms`. https://developers.facebook.com/docs/graph-api/reference/page/leadgen_forms/ */
    forms(c: Context, page: string): Response {
      const failed = prepare(c);
      if (failed) return failed;
      const pageToken = bearerToken(c.req.header("authorization"));
      const fault = faults.take({ api: "pages", pageId: page, pageToken }, isPageFault, () => page);
      const error = PAGE_FAULTS[fault ?? ""];
      return error ? errorResponse(error) : Response.json({ data: [{ id: "120300000000001" }] });
    },
    /** `GET /<phone number id>`. Numbers that end in 404 do not exist. */
    number(c: Context, id: string): Response {
      const failed = prepare(c);
      if (failed) return failed;
      if (!/^\d+$/.test(id) || id.endsWith("404")) return errorResponse(missingObject(id), {});
      const fault = faults.take({ api: "numbers", phoneNumberId: id }, isNumberFault, () => id);
      const number: Record<string, string> = { id, ...NUMBER, ...NUMBER_FAULTS[fault ?? ""] };
      const unknown = fieldsOf(c).find((field) => !(field in number));
      if (unknown !== undefined) return errorResponse(unknownField(unknown), {});
      return c.json(Object.fromEntries(["id", ...fieldsOf(c)].map((field) => [field, number[field]])));
    },
  };
}

function fieldsOf(c: Context): string[] {
  return c.req.query("fields")?.split(",") ?? [];
}
