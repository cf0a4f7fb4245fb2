import { type Dialect, isJsonObject, parseJson, type RequestBody, type RequestView } from "@usermeta/core";
import { CdiError, type CdiRoute } from "@usermeta/core/supertokens";
import type { Sessions } from "./sessions.ts";

/** A JWT of the app's own claims, signed with the keys of the sessions. */
export const jwtRoute = (sessions: Sessions): CdiRoute => ({
  method: "POST",
  path: "/recipe/jwt",
  scope: "app",
  handle: async ({ request, input }) => {
    const algorithm = input.string("algorithm").toUpperCase();
    const jwt = {
      issuer: input.string("jwksDomain"),
      payload: input.object("payload"),
      validitySeconds: await readNumber(request, "validity"),
      dynamic: !input.boolean("useStaticSigningKey", true),
    };
    if (jwt.validitySeconds <= 0) throw new CdiError(400, "validity must be greater than or equal to 0");
    return algorithm === "RS256" ? sessions.signJwt(jwt) : { status: "UNSUPPORTED_ALGORITHM_ERROR" };
  },
});

/** A field of a body that has been read, which `CdiInput` has not. @throws CdiError 400 */
const readNumber = async (request: RequestView, name: string): Promise<number> => {
  const fields = parseJson(await request.body(0));
  const value = isJsonObject(fields) ? fields[name] : undefined;
  if (typeof value === "number") return Math.trunc(value);
  throw new CdiError(400, `Field name '${name}' is invalid in JSON input`);
};

/** The dialect, with requests whose body its routes may read again. */
export const keepingBodies = (dialect: Dialect): Dialect => ({
  ...dialect,
  routes: (engine) =>
    dialect.routes(engine).map((route) => ({
      ...route,
      handle: (call) => route.handle({ ...call, request: keepBody(call.request) }),
    })),
});

const keepBody = (request: RequestView): RequestView => {
  const { method, path, query } = request;
  let body: Promise<RequestBody> | undefined;
  return {
    method,
    path,
    query,
    header: (name) => request.header(name),
    body: (maxBytes) => {
      body ??= request.body(maxBytes);
      return body;
    },
  };
};
