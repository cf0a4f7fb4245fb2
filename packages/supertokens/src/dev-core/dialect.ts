import type { Dialect, JsonValue, RequestView } from "@usermeta/core";
import { CdiError, type CdiInput, type CdiPart, type CdiRoute, cdiDialect } from "@usermeta/core/supertokens";
import type { AccessTokenVersion } from "./access-tokens.ts";
import { jwtRoute } from "./jwt-route.ts";
import type { Sessions } from "./sessions.ts";

/** The endpoints of a core beside those of metadata: sessions, signing keys, and users, of whom it knows none. */
export const devCoreDialect = (sessions: Sessions, served: Omit<CdiPart, "name" | "routes">): Dialect =>
  cdiDialect({
    ...served,
    name: "dev-core",
    routes: ({ write }) => [
      { method: "GET", path: "/", scope: "core", open: true, handle: () => "Hello" },
      {
        method: "GET",
        path: "/.well-known/jwks.json",
        scope: "core",
        open: true,
        handle: () => sessions.jwks,
      },
      ...tokenRoutes(sessions),
      ...sessionRoutes(sessions),
      {
        method: "GET",
        path: "/user/id",
        scope: "app",
        handle: ({ input }) => {
          input.string("userId");
          return { status: "UNKNOWN_USER_ID_ERROR" };
        },
      },
      {
        method: "POST",
        path: "/user/remove",
        scope: "app",
        handle: async ({ input, author }) => {
          const userId = input.string("userId");
          sessions.remove(sessions.handlesOf(userId, undefined));
          await write(userId, { ...author, change: () => null });
          return { status: "OK" };
        },
      },
    ],
  });

/** What makes tokens, or reads them. */
const tokenRoutes = (sessions: Sessions): readonly CdiRoute[] => [
  jwtRoute(sessions),
  {
    method: "POST",
    path: "/recipe/session",
    scope: "tenant",
    handle: ({ request, input, tenantId }) =>
      sessions.start({
        version: versionOf(request),
        userId: input.string("userId"),
        tenantId,
        userDataInJWT: input.object("userDataInJWT"),
        userDataInDatabase: input.object("userDataInDatabase"),
        enableAntiCsrf: input.boolean("enableAntiCsrf"),
        useDynamicSigningKey: input.boolean("useDynamicSigningKey", true),
      }),
  },
  {
    method: "POST",
    path: "/recipe/session/verify",
    scope: "app",
    handle: ({ input }) =>
      sessions.verify({
        accessToken: input.string("accessToken"),
        antiCsrfToken: optional(input, "antiCsrfToken"),
        checkAntiCsrf: input.boolean("doAntiCsrfCheck", true) && input.boolean("enableAntiCsrf"),
        checkDatabase: input.boolean("checkDatabase", false),
      }),
  },
  {
    method: "POST",
    path: "/recipe/session/refresh",
    scope: "app",
    handle: ({ request, input }) =>
      sessions.refresh({
        version: versionOf(request),
        refreshToken: input.string("refreshToken"),
        antiCsrfToken: optional(input, "antiCsrfToken"),
        enableAntiCsrf: input.boolean("enableAntiCsrf"),
        useDynamicSigningKey: input.boolean("useDynamicSigningKey", true),
      }),
  },
  {
    method: "POST",
    path: "/recipe/session/regenerate",
    scope: "app",
    handle: ({ input }) =>
      sessions.regenerate(
        input.string("accessToken"),
        input.has("userDataInJWT") ? input.object("userDataInJWT") : undefined,
      ),
  },
];

/** What reads, changes and ends sessions. */
const sessionRoutes = (sessions: Sessions): readonly CdiRoute[] => [
  {
    method: "GET",
    path: "/recipe/session",
    scope: "tenant",
    handle: ({ request, input }) => sessions.information(input.string("sessionHandle"), versionOf(request)),
  },
  {
    method: "GET",
    path: "/recipe/session/user",
    scope: "tenant",
    handle: ({ input, tenantId }) => {
      const tenant = input.boolean("fetchAcrossAllTenants", true) ? undefined : tenantId;
      return { status: "OK", sessionHandles: sessions.handlesOf(input.string("userId"), tenant) };
    },
  },
  {
    method: "PUT",
    path: "/recipe/jwt/data",
    scope: "app",
    handle: ({ input }) =>
      sessions.replaceData(input.string("sessionHandle"), {
        userDataInJWT: input.object("userDataInJWT"),
      }),
  },
  {
    method: "PUT",
    path: "/recipe/session/data",
    scope: "app",
    handle: ({ input }) =>
      sessions.replaceData(input.string("sessionHandle"), {
        userDataInDatabase: input.object("userDataInDatabase"),
      }),
  },
  {
    method: "POST",
    path: "/recipe/session/remove",
    scope: "tenant",
    handle: ({ input, tenantId }) => {
      if (input.has("userId") === input.has("sessionHandles"))
        throw new CdiError(400, "Invalid JSON input - use one of userId or sessionHandles array");
      const tenant = input.boolean("revokeAcrossAllTenants", true) ? undefined : tenantId;
      const handles = input.has("sessionHandles")
        ? input.list("sessionHandles")
        : sessions.handlesOf(input.string("userId"), tenant);
      if (!handles.every(isString))
        throw new CdiError(400, "Field name 'sessionHandles' is invalid in JSON input");
      return { status: "OK", sessionHandlesRevoked: sessions.remove(handles) };
    },
  },
];

/** A core makes the same of each version of the interface. Without a header it is the newest. */
const versionOf = (request: RequestView): AccessTokenVersion =>
  request.header("cdi-version")?.startsWith("3.") ? "4" : "5";

const isString = (value: JsonValue): value is string => typeof value === "string";

const optional = (input: CdiInput, name: string): string | undefined =>
  input.has(name) ? input.string(name) : undefined;
