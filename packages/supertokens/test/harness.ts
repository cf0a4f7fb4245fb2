/** An Express app on the unmodified supertokens-node and the development core, and a caller of it. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import {
  createUserMetadata,
  memoryStore,
  type SessionVerifier,
  type UserMetadataEngine,
} from "@usermeta/core";
import { getSession, userMetadata, verifySession } from "@usermeta/express";
import { startDevCore } from "@usermeta/supertokens/dev-core";
import express from "express";
import { convertToRecipeUserId, init } from "supertokens-node";
import { errorHandler, middleware } from "supertokens-node/framework/express";
import { createNewSession, init as session } from "supertokens-node/recipe/session";
import { verifySession as verifyByTokens } from "supertokens-node/recipe/session/framework/express";
import { init as userMetadataRecipe } from "supertokens-node/recipe/usermetadata";
import { afterAll } from "vitest";

type SessionConfig = NonNullable<Parameters<typeof session>[0]>;
type RecipeConfig = NonNullable<Parameters<typeof userMetadataRecipe>[0]>;

type Framework = NonNullable<Parameters<typeof init>[0]["framework"]>;

/** Starts a development core for the tests of a file and initialises the SDK, of which a process has one. */
export const startTokens = async (
  sessionConfig: SessionConfig = {},
  recipeConfig: RecipeConfig = {},
  coreOptions: Parameters<typeof startDevCore>[0] = {},
  framework: Framework = "express",
): Promise<Awaited<ReturnType<typeof startDevCore>>> => {
  const core = await startDevCore({
    tenants: ["public", "acme", "other"],
    ...coreOptions,
    port: 0,
    now: () => Date.now(),
  });
  afterAll(() => core.close());
  init({
    telemetry: false,
    framework,
    supertokens: { connectionURI: core.url },
    appInfo: { appName: "test", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
    recipeList: [session(sessionConfig), userMetadataRecipe(recipeConfig)],
  });
  return core;
};

/** An engine over a store that forgets. */
export const engineWith = (
  sessions: SessionVerifier,
  options: Partial<Parameters<typeof createUserMetadata>[0]> = {},
): UserMetadataEngine => createUserMetadata({ store: memoryStore(), sessions, ...options });

/**
 * Our routes below `/me`; routes of the app's own, guarded by ours (`/own`), by ours where a session may be missing
 * (`/optional`), and by the SDK's and then ours (`/both`); and `extend`.
 */
export const startApp = async (
  metadata: UserMetadataEngine,
  extend: (app: express.Express) => void = () => undefined,
): Promise<string> => {
  const app = express();
  app.use(middleware());
  app.post("/sign-in", async (request, response) => {
    const { userId = "jane", tenantId = "public" } = request.query as Record<string, string>;
    await createNewSession(request, response, tenantId, convertToRecipeUserId(userId), {
      shoe: 9,
      deep: { list: ["a"] },
    });
    response.json({ message: "signed in" });
  });
  app.use("/me", userMetadata(metadata));
  const tell: express.RequestHandler = (request, response) => {
    const found = getSession(request);
    const [userId, tenantId, handle] = [found.getUserId(), found.getTenantId(), found.getHandle()];
    response.json({ userId, tenantId, handle, payload: found.getAccessTokenPayload() });
  };
  app.all("/own", verifySession(metadata), tell);
  app.all(
    "/fresh",
    async (request, response, next) => {
      await verifySession(metadata, { fresh: true })(request, response, next);
    },
    tell,
  );
  app.all("/optional", verifySession(metadata, { required: false }), (request, response) => {
    response.json({ userId: getSession(request, { required: false })?.getUserId() ?? null });
  });
  app.all("/both", verifyByTokens(), verifySession(metadata), tell);
  extend(app);
  app.use(errorHandler());
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterAll(() => server[Symbol.asyncDispose]());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

export type Mode = "header" | "cookie";

/** What a frontend keeps of a session: one of the SDK's would send the same. */
export interface Tokens {
  readonly mode: Mode;
  readonly access: string;
  readonly refresh: string;
  readonly antiCsrf: string | undefined;
}

/** The cookies that an answer sets, by name, decoded; the last of a name counts. */
export const cookiesOf = (response: Response): ReadonlyMap<string, string> =>
  new Map(
    response.headers.getSetCookie().map((cookie) => {
      const [name = "", value = ""] = (cookie.split(";")[0] ?? "").split("=");
      return [name, decodeURIComponent(value)];
    }),
  );

/** What an answer tells a frontend to keep, on top of what it has. */
export const tokensOf = (response: Response, mode: Mode, before?: Tokens): Tokens => {
  const cookies = cookiesOf(response);
  const [access, refresh] =
    mode === "cookie"
      ? [cookies.get("sAccessToken"), cookies.get("sRefreshToken")]
      : [response.headers.get("st-access-token"), response.headers.get("st-refresh-token")];
  return {
    mode,
    access: access ?? before?.access ?? "",
    refresh: refresh ?? before?.refresh ?? "",
    antiCsrf: response.headers.get("anti-csrf") ?? before?.antiCsrf,
  };
};

/** The headers of a request of a session. */
export const headersOf = ({ mode, access, antiCsrf }: Tokens): Record<string, string> => ({
  ...(mode === "header"
    ? { authorization: `Bearer ${access}` }
    : { cookie: `sAccessToken=${encodeURIComponent(access)}` }),
  ...(mode === "cookie" && antiCsrf !== undefined && { "anti-csrf": antiCsrf }),
});

export const signIn = async (url: string, mode: Mode, query = ""): Promise<Tokens> => {
  const response = await fetch(`${url}/sign-in?${query}`, {
    method: "POST",
    headers: { "st-auth-mode": mode },
  });
  return tokensOf(response, mode);
};

/** Calls the SDK's own refresh route. */
export const refresh = (url: string, { mode, refresh: token, antiCsrf }: Tokens): Promise<Response> =>
  fetch(`${url}/auth/session/refresh`, {
    method: "POST",
    headers: {
      "st-auth-mode": mode,
      rid: "session",
      ...(mode === "header"
        ? { authorization: `Bearer ${token}` }
        : { cookie: `sRefreshToken=${encodeURIComponent(token)}` }),
      ...(antiCsrf !== undefined && { "anti-csrf": antiCsrf }),
    },
  });

/** A request of a session; status and body of the answer. */
export const call = async (
  url: string,
  init: RequestInit & { readonly tokens?: Tokens } = {},
): Promise<{ status: number; body: Record<string, unknown>; response: Response }> => {
  const { tokens, ...rest } = init;
  const response = await fetch(url, {
    ...rest,
    headers: { ...(tokens && headersOf(tokens)), ...(rest.headers as Record<string, string>) },
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : JSON.parse(text), response };
};
