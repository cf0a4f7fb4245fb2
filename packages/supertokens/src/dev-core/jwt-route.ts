import { CdiError, type CdiRoute } from "@usermeta/core/supertokens";
import type { Sessions } from "./sessions.ts";

/** A JWT of the app's own claims, signed with the keys of the sessions. */
export const jwtRoute = (sessions: Sessions): CdiRoute => ({
  method: "POST",
  path: "/recipe/jwt",
  scope: "app",
  handle: ({ input }) => {
    const algorithm = input.string("algorithm").toUpperCase();
    const jwt = {
      issuer: input.string("jwksDomain"),
      payload: input.object("payload"),
      validitySeconds: input.integer("validity"),
      dynamic: !input.boolean("useStaticSigningKey", true),
    };
    if (jwt.validitySeconds <= 0) throw new CdiError(400, "validity must be greater than or equal to 0");
    return algorithm === "RS256" ? sessions.signJwt(jwt) : { status: "UNSUPPORTED_ALGORITHM_ERROR" };
  },
});
