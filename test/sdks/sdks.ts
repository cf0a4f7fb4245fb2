/**
 * The unmodified SDKs that the tests run, each in a process of its own: their versions, and the calls that must hold. The
 * table in docs/dialects.md is made of it.
 */

/** An SDK, and what its client in `clients` prints of each version. */
export interface Sdk {
  readonly language: "JavaScript" | "Python" | "Go" | "Java";
  /** As its registry names it. */
  readonly name: string;
  /** With the version of the interface that each asks for, where it asks for one. */
  readonly versions: Readonly<Record<string, string | undefined>>;
  readonly calls: readonly string[];
  /** Those that the development core answers beside. */
  readonly sessionCalls?: readonly string[];
}

const PARALLEL = "parallel updates";

/** Of SuperTokens. */
export const SUPERTOKENS = {
  node: {
    language: "JavaScript",
    name: "supertokens-node",
    versions: {
      "16.7.4": "4.0",
      "20.1.5": "5.1",
      "21.1.2": "5.2",
      "22.1.1": "5.3",
      "23.0.1": "5.3",
      "24.0.3": "5.4",
    },
    calls: ["getUserMetadata", "updateUserMetadata", "clearUserMetadata", PARALLEL],
    sessionCalls: [
      ...["createNewSession", "getSession", "mergeIntoAccessTokenPayload", "refreshSession"],
      ...["revokeAllSessionsForUser", "createJWT", "getJWKS"],
    ],
  },
  python: {
    language: "Python",
    name: "supertokens-python",
    versions: { "0.29.3": "5.2", "0.30.4": "5.3", "0.31.4": "5.4" },
    calls: ["get_user_metadata", "update_user_metadata", "clear_user_metadata", PARALLEL],
    sessionCalls: [
      ...["create_new_session", "get_session", "merge_into_access_token_payload", "refresh_session"],
      ...["revoke_all_sessions_for_user"],
    ],
  },
  go: {
    language: "Go",
    name: "supertokens-golang",
    versions: { "0.22.1": "3.0", "0.24.2": "3.1", "0.25.1": "3.1" },
    calls: ["GetUserMetadata", "UpdateUserMetadata", "ClearUserMetadata", PARALLEL],
    sessionCalls: [
      ...["CreateNewSession", "GetSession", "MergeIntoAccessTokenPayload", "RefreshSession"],
      ...["RevokeAllSessionsForUser"],
    ],
  },
} as const satisfies Readonly<Record<string, Sdk>>;

const NOT_FOUND = "a 404 is the SDK's own error";
const CLERK_CALLS = {
  first: [NOT_FOUND, "updateUserMetadata", "getUser"],
  last: ["getUserList", "getCount", PARALLEL, "deleteUser"],
} as const;

/** Of Clerk. */
export const CLERK = {
  old: {
    language: "JavaScript",
    name: "@clerk/backend",
    versions: { "1.9.2": undefined, "2.33.8": undefined },
    calls: [...CLERK_CALLS.first, ...CLERK_CALLS.last],
  },
  backend: {
    language: "JavaScript",
    name: "@clerk/backend",
    versions: { "3.25.0": undefined },
    calls: [...CLERK_CALLS.first, "replaceUserMetadata", ...CLERK_CALLS.last],
  },
  node: {
    language: "JavaScript",
    name: "@clerk/clerk-sdk-node",
    versions: { "5.1.6": undefined },
    calls: [...CLERK_CALLS.first, ...CLERK_CALLS.last],
  },
  python: {
    language: "Python",
    name: "clerk-backend-api",
    versions: { "5.0.7": undefined, "6.0.1": undefined, "7.0.0": undefined },
    calls: [NOT_FOUND, "update_metadata", "get", "replace_metadata", "list", "count", PARALLEL, "delete"],
  },
  go: {
    language: "Go",
    name: "clerk-sdk-go/v2",
    versions: { "2.4.2": undefined },
    calls: [NOT_FOUND, "UpdateMetadata", "Get", "List", "Count", PARALLEL, "Delete"],
  },
  java: {
    language: "Java",
    name: "com.clerk:backend-api",
    versions: { "5.0.0": undefined },
    calls: [NOT_FOUND, "updateMetadata", "get", "replaceMetadata", "list", "count", PARALLEL, "delete"],
  },
} as const satisfies Readonly<Record<string, Sdk>>;
