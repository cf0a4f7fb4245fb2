import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { nativeDialect, type Outcome, UserMetadataError } from "@usermeta/core";
import type { ServerConfig } from "../config/config.ts";
import { openEngine } from "../config/open.ts";
import { tellOfWaiting } from "../config/waiting.ts";

/** What a command does to one user. */
export interface UserRequest {
  readonly method: "GET" | "PUT" | "PATCH" | "DELETE";
  readonly userId: string;
  /** The JSON as it was written; `undefined` if the command takes none. */
  readonly json?: string | undefined;
  /** 0: nothing may be stored. */
  readonly ifVersion?: number | undefined;
}

/**
 * Does what the admin route of the same method does, by the same code, on the store itself.
 * @returns what to print: the user's metadata as JSON, or nothing after a DELETE
 * @throws UserMetadataError as the route would answer, and `user_not_found` for a GET if nothing is stored for the user
 */
export const requestUser = async (config: ServerConfig, request: UserRequest): Promise<string> => {
  const key = randomBytes(32).toString("base64url");
  const create = request.method !== "GET";
  const metadata = await openEngine(config, { adminKeys: [key], dialects: [nativeDialect()] }, { create });
  try {
    const { json, ifVersion } = request;
    const headers: Readonly<Record<string, string | undefined>> = {
      authorization: `Bearer ${key}`,
      "content-type": json === undefined ? undefined : mediaTypeOf(request),
      "if-match": ifVersion ? `"${ifVersion}"` : undefined,
      "if-none-match": ifVersion === 0 ? "*" : undefined,
    };
    const outcome = await metadata.handle({
      method: request.method,
      path: `/users/${encodeURIComponent(request.userId)}/metadata`,
      query: "",
      header: (name) => headers[name],
      body: async () => json ?? "",
    });
    return toText(outcome, request);
  } finally {
    await metadata.close();
  }
};

/** A list of operations is a JSON Patch (RFC 6902), an object a merge patch (RFC 7396). */
const mediaTypeOf = ({ method, json = "" }: UserRequest): string => {
  if (method === "PUT") return "application/json";
  return json.trimStart().startsWith("[") ? "application/json-patch+json" : "application/merge-patch+json";
};

const toText = (outcome: Outcome | undefined, { method }: UserRequest): string => {
  if (outcome === undefined)
    throw new UserMetadataError("user_id_invalid", "The user id is empty. Give 1 to 255 characters.");
  if (outcome.error) throw outcome.error;
  if (outcome.status === 204) return "";
  const body: unknown = JSON.parse(outcome.body ?? "null");
  if (method === "GET" && (body as { version?: unknown } | null)?.version === 0) throw nobody();
  if (outcome.status < 400) return `${JSON.stringify(body, null, 2)}\n`;
  const { code, detail } = body as { code: UserMetadataError["code"]; detail: string };
  throw Object.assign(new Error(detail), { code });
};

const nobody = (): UserMetadataError =>
  new UserMetadataError(
    "user_not_found",
    "Nothing is stored for a user with this id. Check the id, or write first.",
  );

/** The JSON of a command: its argument, or with `-` or none what comes on standard input. */
export const readJson = async (argument: string | undefined): Promise<string> => {
  if (argument !== undefined && argument !== "-") return argument;
  tellOfWaiting(process.stdin, "JSON");
  return text(process.stdin);
};
