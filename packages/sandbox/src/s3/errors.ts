/** Builds an error response of S3. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function s3Error(status: number, code: string, message: string): Response {
  return xml(`<Error><Code>${code}</Code><Message>${message}</Message><RequestId>sandbox</RequestId></Error>`, status);
}

/** Builds a response in XML. */
export function xml(root: string, status = 200): Response {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
  return new Response(text, { status, headers: { "content-type": "application/xml" } });
}
