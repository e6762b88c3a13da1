/** Responds with an error in the form of Twilio's API: https://www.twilio.com/docs/usage/twilios-response#exceptions */
export function twilioError(status: number, code: number, message: string): Response {
  return Response.json({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }, { status });
}
