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
  readonly versions: Readonly<Record<string, string>>;
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
