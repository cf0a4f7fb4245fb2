/**
 * The unmodified SDKs that the tests run, each in a process of its own: their versions, and the calls that must hold. The
 * table in docs/dialects.md is made of it.
 */

/** A language, which has a test file of its own. */
export type Language = "JavaScript" | "Python" | "Go" | "Java";

/** An SDK, and what its client prints of each version. */
export interface Sdk {
  readonly language: Language;
  readonly vendor: "SuperTokens" | "Clerk";
  /** As its registry names it. */
  readonly name: string;
  /** The file in `clients` that calls it. */
  readonly client: string;
  /** Each with the version of SuperTokens' interface that it asks for. */
  readonly versions: Readonly<Record<string, string>>;
  /** The ways to each call, if there is more than one. */
  readonly ways?: readonly string[];
  readonly calls: readonly string[];
  /** Those that the development core answers beside. */
  readonly coreCalls?: readonly string[];
}

const PARALLEL = "parallel updates";
const NOT_FOUND = "a 404 is the SDK's own error";

const CLERK_JS = { language: "JavaScript", vendor: "Clerk", client: "clerk.ts" } as const;
const CLERK_JS_FIRST = [NOT_FOUND, "updateUserMetadata", "getUser"];
const CLERK_JS_LAST = ["getUserList", "getCount", PARALLEL, "deleteUser"];

/** By vendor and language. */
export const SDKS: readonly Sdk[] = [
  {
    language: "JavaScript",
    vendor: "SuperTokens",
    name: "supertokens-node",
    client: "supertokens-node.ts",
    versions: {
      "16.7.4": "4.0",
      "20.1.5": "5.1",
      "21.1.2": "5.2",
      "22.1.1": "5.3",
      "23.0.1": "5.3",
      "24.0.3": "5.4",
    },
    calls: ["getUserMetadata", "updateUserMetadata", "clearUserMetadata", PARALLEL],
    coreCalls: [
      ...["createNewSession", "getSession", "mergeIntoAccessTokenPayload", "refreshSession"],
      ...["revokeAllSessionsForUser", "createJWT", "getJWKS"],
    ],
  },
  {
    language: "Python",
    vendor: "SuperTokens",
    name: "supertokens-python",
    client: "supertokens-python.py",
    versions: { "0.29.3": "5.2", "0.30.4": "5.3", "0.31.4": "5.4" },
    ways: ["asyncio", "syncio"],
    calls: ["get_user_metadata", "update_user_metadata", "clear_user_metadata", PARALLEL],
    coreCalls: [
      ...["create_new_session", "get_session", "merge_into_access_token_payload", "refresh_session"],
      ...["revoke_all_sessions_for_user"],
    ],
  },
  {
    language: "Go",
    vendor: "SuperTokens",
    name: "github.com/supertokens/supertokens-golang",
    client: "supertokens-golang.go",
    versions: { "0.22.1": "3.0", "0.24.2": "3.1", "0.25.1": "3.1" },
    calls: ["GetUserMetadata", "UpdateUserMetadata", "ClearUserMetadata", PARALLEL],
    coreCalls: [
      ...["CreateNewSession", "GetSession", "MergeIntoAccessTokenPayload", "RefreshSession"],
      ...["RevokeAllSessionsForUser", "CreateJWT"],
    ],
  },
  {
    ...CLERK_JS,
    name: "@clerk/backend",
    versions: { "1.9.2": "", "2.33.8": "" },
    calls: [...CLERK_JS_FIRST, ...CLERK_JS_LAST],
  },
  {
    ...CLERK_JS,
    name: "@clerk/backend",
    versions: { "3.25.0": "" },
    calls: [...CLERK_JS_FIRST, "replaceUserMetadata", ...CLERK_JS_LAST],
  },
  {
    ...CLERK_JS,
    name: "@clerk/clerk-sdk-node",
    versions: { "5.1.6": "" },
    calls: [...CLERK_JS_FIRST, ...CLERK_JS_LAST],
  },
  {
    language: "Python",
    vendor: "Clerk",
    name: "clerk-backend-api",
    client: "clerk-python.py",
    versions: { "5.0.7": "", "6.0.1": "", "7.0.0": "" },
    ways: ["async", "sync"],
    calls: [
      NOT_FOUND,
      "update_metadata",
      "get",
      "replace_metadata",
      "update",
      "list",
      "count",
      PARALLEL,
      "delete",
    ],
  },
  {
    language: "Go",
    vendor: "Clerk",
    name: "github.com/clerk/clerk-sdk-go/v2",
    client: "clerk-sdk-go.go",
    versions: { "2.4.2": "" },
    calls: [NOT_FOUND, "UpdateMetadata", "Get", "Update", "List", "Count", PARALLEL, "Delete"],
  },
  {
    language: "Java",
    vendor: "Clerk",
    name: "com.clerk:backend-api",
    client: "Clerk.java",
    versions: { "5.0.0": "" },
    calls: [
      NOT_FOUND,
      "updateMetadata",
      "get",
      "replaceMetadata",
      "update",
      "list",
      "count",
      PARALLEL,
      "delete",
    ],
  },
];

const HEAD = `| SDK | versions | calls that hold | on the development core too |
|---|---|---|---|`;

const listed = (calls: readonly string[]): string =>
  calls.map((call) => (call.includes(" ") ? call : `\`${call}\``)).join(", ");

const rowOf = ({ name, versions, ways, calls, coreCalls }: Sdk): string => {
  const each = Object.entries(versions).map(([version, cdi]) => (cdi ? `${version} (${cdi})` : version));
  const title = ways ? `\`${name}\`, ${ways.join(" and ")}` : `\`${name}\``;
  return `| ${title} | ${each.join(", ")} | ${listed(calls)} | ${listed(coreCalls ?? [])} |`;
};

/** The table of docs/dialects.md. */
export const sdkTable = (): string => [HEAD, ...SDKS.map(rowOf)].join("\n");
