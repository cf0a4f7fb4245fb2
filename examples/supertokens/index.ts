/** What the SuperTokens examples share: the SDK, initialised so that its metadata lives in a SQLite file of ours. */
import { createUserMetadata, type UserMetadataEngine } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { sessionOverride, superTokensSessions, userMetadataOverride } from "@usermeta/supertokens";
import { startDevCore } from "@usermeta/supertokens/dev-core";
import SuperTokens from "supertokens-node";
import Session from "supertokens-node/recipe/session";
import UserMetadata from "supertokens-node/recipe/usermetadata";
import type { TypeInput } from "supertokens-node/types";

/** What an example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** The address of a SuperTokens core. */
  readonly connectionURI: string;
  /** The core's API key, if it has one. */
  readonly apiKey?: string | undefined;
  /** What the paths of SuperTokens' own routes begin with. @default "/auth" */
  readonly apiBasePath?: string;
}

/** A session is asked after at the core, so that one that is revoked ends at once. */
export const CHECKED = { checkDatabase: true } as const;

/** Initialises supertokens-node for a framework, and makes the engine that its metadata recipe writes to. */
export const initSuperTokens = (
  framework: NonNullable<TypeInput["framework"]>,
  { path, connectionURI, apiKey, apiBasePath = "/auth" }: ExampleOptions,
): UserMetadataEngine => {
  const metadata = createUserMetadata({
    store: sqliteStore({ path }),
    sessions: superTokensSessions(CHECKED),
  });
  SuperTokens.init({
    framework,
    telemetry: false,
    supertokens: { connectionURI, ...(apiKey && { apiKey }) },
    appInfo: {
      appName: "usermeta example",
      apiDomain: "http://localhost:3000",
      websiteDomain: "http://localhost:3000",
      apiBasePath,
    },
    recipeList: [
      Session.init({ antiCsrf: "VIA_TOKEN", override: { functions: sessionOverride(metadata) } }),
      UserMetadata.init({ override: { functions: userMetadataOverride(metadata) } }),
    ],
  });
  return metadata;
};

/** What the seed's own route writes: SuperTokens' call, whose data is in our private tier. */
export const updateInfo = async (userId: string): Promise<{ message: string }> => {
  await UserMetadata.updateUserMetadata(userId, { newKey: "data" });
  return { message: "successfully updated user metadata" };
};

/** The user's id in the form that a new session wants. @throws Error if it is not valid */
export const toUser = (userId: unknown): SuperTokens.RecipeUserId => {
  if (typeof userId === "string" && userId !== "") return SuperTokens.convertToRecipeUserId(userId);
  throw Object.assign(new Error('Send {"userId":"jane"} as application/json.'), {
    status: 400,
    statusCode: 400,
    expose: true,
  });
};

/** The core of the environment's `SUPERTOKENS_CONNECTION_URI`; without it, one for development in this process. */
export const findCore = async (): Promise<Pick<ExampleOptions, "connectionURI" | "apiKey">> => {
  const { SUPERTOKENS_CONNECTION_URI, SUPERTOKENS_API_KEY } = process.env;
  if (SUPERTOKENS_CONNECTION_URI)
    return { connectionURI: SUPERTOKENS_CONNECTION_URI, apiKey: SUPERTOKENS_API_KEY };
  return { connectionURI: (await startDevCore({ port: 0 })).url };
};
