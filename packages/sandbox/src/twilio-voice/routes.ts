import { Hono } from "hono";
import type { SandboxDeps } from "../deps.ts";
import { sampleFile } from "../files/sample-files.ts";
import { twilioError } from "./errors.ts";

/**
 * The routes of Twilio's API: recordings at `/2010-04-01/Accounts/<account>/Recordings/<recording>.mp3`. Every recording
 * exists unless its SID is invalid or ends in 404. Every auth token but `wrong` is valid, and the account must be the user. A SID
 * that ends in `dead` is one of a suspended account.
 * https://www.twilio.com/docs/voice/api/recording#fetch-a-recordings-media-file
 * https://www.twilio.com/docs/iam/api/account#fetch-an-account-resource
 */
export function twilioRoutes({ requests }: Pick<SandboxDeps, "requests">): Hono {
  return new Hono()
    .get("/2010-04-01/Accounts/:account/Recordings/:file{.+\\.mp3}", (c) => {
      const { account, file } = c.req.param();
      const isAuthorized = userOf(c.req.header("authorization")) === account;
      requests.record(c.req.method, c.req.url, isAuthorized);
      if (!isAuthorized) return twilioError(401, 20_003, "Authenticate");
      const recording = sampleFile("sandbox-media-audio");
      if (!recording || !/^RE[0-9a-f]{32}\.mp3$/.test(file) || file.endsWith("404.mp3"))
        return twilioError(404, 20_404, `The requested resource ${c.req.path} was not found`);
      return new Response(Buffer.from(recording.bytes), { headers: { "content-type": "audio/mpeg" } });
    })
    .get("/2010-04-01/Accounts/:file{[^/]+\\.json}", (c) => {
      const sid = c.req.param("file").replace(/\.json$/, "");
      const isAuthorized = userOf(c.req.header("authorization")) === sid;
      requests.record(c.req.method, c.req.url, isAuthorized);
      if (!isAuthorized) return twilioError(401, 20_003, "Authenticate");
      return c.json({ sid, status: sid.endsWith("dead") ? "suspended" : "active", type: "Full" });
    })
    .all("/*", (c) => twilioError(404, 20_404, `The requested resource ${c.req.path} was not found`));
}

/** The user of HTTP basic authentication; undefined without a password or with the wrong one. */
function userOf(authorization: string | undefined): string | undefined {
  const encoded = /^Basic (.+)$/.exec(authorization ?? "")?.[1] ?? "";
  return /^([^:]+):(?!wrong$)./.exec(Buffer.from(encoded, "base64").toString())?.[1];
}
