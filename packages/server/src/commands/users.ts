import { randomBytes } from "node:crypto";
import { userInfo } from "node:os";
import { text } from "node:stream/consumers";
import {
  nativeDialect,
  type Outcome,
  type RequestView,
  type UserMetadataEngine,
  UserMetadataError,
  type UserMetadataOptions,
} from "@usermeta/core";
import type { ServerConfig } from "../config/config.ts";
import { toHistory, untrimmed } from "../config/history.ts";
import { withEngine } from "../config/open.ts";
import { invalidSetting } from "../config/settings.ts";
import { tellOfWaiting } from "../config/waiting.ts";
import { checkKnown, isKnown, nobody } from "./known.ts";

/** Stands for a user of the operating system without a name. */
const UNKNOWN = "unknown";

/** What a command does to one user. */
export interface UserRequest {
  readonly method: "GET" | "PUT" | "PATCH" | "DELETE" | "POST";
  readonly userId: string;
  /** What of the user. @default "metadata" */
  readonly part?: "metadata" | "rollback" | "erase" | undefined;
  /** Which metadata of the past to read. @default what is stored now */
  readonly when?: { readonly version?: number | undefined; readonly at?: string | undefined } | undefined;
  /** The JSON as it was written; `undefined` if the command takes none. */
  readonly json?: string | undefined;
  /** 0: nothing may be stored. */
  readonly ifVersion?: number | undefined;
  /** Why it is written. */
  readonly reason?: string | undefined;
}

/**
 * Does what the admin route of the same method does, by the same code, on the store itself.
 * @returns what to print: the answer as JSON, or nothing after a DELETE
 * @throws UserMetadataError as the route would answer, and `user_not_found` if nothing is known of the user
 */
export const requestUser = (config: ServerConfig, request: UserRequest): Promise<string> =>
  asOperator(config, request, async (metadata, send) => {
    try {
      return await send();
    } catch (error) {
      if (Object(error).code === "version_unknown") await checkKnown(metadata, request.userId);
      throw error;
    }
  });

/**
 * Removes all that is stored of a user. If that was done already, nothing is written, and the receipt is the earlier one.
 * @returns the receipt as JSON
 * @throws UserMetadataError `user_not_found`, and `options_invalid` if the caller is not sure
 */
export const eraseUser = (
  config: ServerConfig,
  { isSure, ...request }: Pick<UserRequest, "userId" | "reason"> & { readonly isSure: boolean },
): Promise<string> => {
  if (!isSure)
    throw invalidSetting(
      "erase removes the user's metadata and history for good. Nothing was removed; give --yes to do it.",
    );
  const erasure: UserRequest = { ...request, method: "POST", part: "erase" };
  return asOperator(config, erasure, async (metadata, send) => {
    if (await isKnown(metadata, request.userId)) return send();
    const receipt = (await metadata.erasures(request.userId)).at(-1);
    if (receipt === undefined) throw nobody();
    return toJson(receipt);
  });
};

/** Lets the user of the operating system do something by a route. */
const asOperator = (
  config: ServerConfig,
  request: UserRequest,
  use: (metadata: UserMetadataEngine, send: () => Promise<string>) => Promise<string>,
): Promise<string> => {
  const key = randomBytes(32).toString("base64url");
  const opening = {
    create: request.method !== "GET" && request.method !== "POST",
    adminKeys: { [operator()]: key },
    dialects: [{ ...nativeDialect(), name: "cli" }],
    history: historyFor(config, request),
  };
  return withEngine(config, opening, (metadata) =>
    use(metadata, async () => toText(await metadata.handle(toView(request, key)), request)),
  );
};

/** What was put back or erased is told by the history, whatever the config says. */
const historyFor = (config: ServerConfig, { method }: UserRequest): UserMetadataOptions["history"] => {
  if (method === "GET") return undefined;
  const history = toHistory(config) ?? (method === "POST" ? {} : undefined);
  return history && untrimmed(history);
};

/** The user of the operating system, who may have no name in a container. */
const operator = (): string => {
  try {
    return userInfo().username || UNKNOWN;
  } catch {
    return UNKNOWN;
  }
};

const toView = (request: UserRequest, key: string): RequestView => {
  const { method, userId, part = "metadata", when = {}, json, ifVersion, reason } = request;
  const headers: Readonly<Record<string, string | undefined>> = {
    authorization: `Bearer ${key}`,
    "content-type": json === undefined ? undefined : mediaTypeOf(request),
    "if-match": ifVersion ? `"${ifVersion}"` : undefined,
    "if-none-match": ifVersion === 0 ? "*" : undefined,
    "usermeta-reason": reason === undefined ? undefined : encodeURIComponent(reason),
  };
  const asked = Object.entries(when).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return {
    method,
    path: `/users/${encodeURIComponent(userId)}/${part}`,
    query: new URLSearchParams(asked).toString(),
    header: (name) => headers[name],
    body: async () => json ?? "",
  };
};

/** A list of operations is a JSON Patch (RFC 6902), an object a merge patch (RFC 7396). */
const mediaTypeOf = ({ method, json = "" }: UserRequest): string => {
  if (method === "PUT" || method === "POST") return "application/json";
  return json.trimStart().startsWith("[") ? "application/json-patch+json" : "application/merge-patch+json";
};

const toText = (outcome: Outcome | undefined, { method }: UserRequest): string => {
  if (outcome === undefined)
    throw new UserMetadataError("user_id_invalid", "The user id is empty. Give 1 to 255 characters.");
  if (outcome.error) throw outcome.error;
  if (outcome.status === 204) return "";
  const body: unknown = JSON.parse(outcome.body ?? "null");
  if (method === "GET" && (body as { version?: unknown } | null)?.version === 0) throw nobody();
  if (outcome.status < 400) return toJson(body);
  const { code, detail } = body as { code: UserMetadataError["code"]; detail: string };
  throw Object.assign(new Error(detail), { code });
};

/** A value as a command prints it. */
export const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The JSON of a command: its argument, or with `-` or none what comes on standard input. */
export const readJson = async (argument: string | undefined): Promise<string> => {
  if (argument !== undefined && argument !== "-") return argument;
  tellOfWaiting(process.stdin, "JSON");
  return text(process.stdin);
};
