import { resolve } from "node:path";
import { expect, test } from "vitest";
import { EnvironmentError } from "@millrace/core";
import { readMediaConfig } from "./env.ts";

const problemsOf = (environment: Record<string, string>) => {
  try {
    return readMediaConfig(environment);
  } catch (error) {
    return error instanceof EnvironmentError ? error.problems : error;
  }
};

test("the default is a folder below the working directory", () => {
  expect(readMediaConfig({})).toEqual({ store: "folder", folder: resolve(".millrace/media") });
  expect(readMediaConfig({ MEDIA_FOLDER: "/var/lib/mill" })).toEqual({ store: "folder", folder: "/var/lib/mill" });
});

test("S3 needs a bucket, and an endpoint unless it is at AWS", () => {
  const s3 = { MEDIA_STORE: "s3", MEDIA_S3_BUCKET: "files" };
  expect(readMediaConfig(s3)).toEqual({ store: "s3", bucket: "files", endpoint: undefined, region: "us-east-1" });
  expect(readMediaConfig({ ...s3, MEDIA_S3_ENDPOINT: "https://s3.example", MEDIA_S3_REGION: "auto" })).toEqual({
    store: "s3",
    bucket: "files",
    endpoint: "https://s3.example",
    region: "auto",
  });
});

test("each invalid variable has one line without its value", () => {
  expect(problemsOf({ MEDIA_STORE: "ftp" })).toEqual(["MEDIA_STORE: must be folder or s3"]);
  expect(problemsOf({ MEDIA_STORE: "s3", MEDIA_S3_BUCKET: "" })).toEqual(["MEDIA_S3_BUCKET is missing"]);
  const s3 = { MEDIA_STORE: "s3", MEDIA_S3_BUCKET: "files" };
  expect(problemsOf({ ...s3, MEDIA_S3_ENDPOINT: "s3.example:9000" })).toEqual([
    "MEDIA_S3_ENDPOINT: must be an http or https URL",
  ]);
  expect(problemsOf({ ...s3, MEDIA_S3_ENDPOINT: "https://me:secret@s3.example" })).toEqual([
    "MEDIA_S3_ENDPOINT: must hold no credentials",
  ]);
});
