import { jwtSessions, type SessionVerifier } from "@usermeta/core";
import type { ServerConfig } from "./config.ts";
import { invalidSetting } from "./settings.ts";

const LOCAL_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * The verifiers of the settings `sessions`, `sessionIssuer` and `sessionAudience`.
 * @throws UserMetadataError `options_invalid`
 */
export const toSessions = ({
  sessions,
  sessionIssuer,
  sessionAudience,
}: ServerConfig): SessionVerifier | readonly SessionVerifier[] | undefined => {
  if (typeof sessions !== "string") {
    if (sessionIssuer ?? sessionAudience)
      throw invalidSetting(
        "sessionIssuer and sessionAudience go with sessions: jwks:https://…; give that too.",
      );
    return sessions;
  }
  const jwksUri = toJwksUri(sessions);
  if (sessionIssuer === undefined)
    throw invalidSetting(
      `sessions is ${sessions} and sessionIssuer is missing. Give the iss of your tokens: --session-issuer ${jwksUri.origin}`,
    );
  return jwtSessions({
    jwksUri,
    issuer: sessionIssuer,
    ...(sessionAudience !== undefined && { audience: sessionAudience }),
  });
};

const toJwksUri = (sessions: string): URL => {
  const address = sessions.startsWith("jwks:") ? sessions.slice("jwks:".length) : "";
  if (!URL.canParse(address))
    throw invalidSetting(`sessions is ${sessions}; give jwks:https://… with the address of a JWKS.`);
  const url = new URL(address);
  const isPrivate = url.protocol === "https:" || (url.protocol === "http:" && LOCAL_HOSTS.has(url.hostname));
  if (isPrivate) return url;
  throw invalidSetting(
    `sessions is ${sessions}; give an https address, as whoever can change an answer on the way could sign in as anyone.`,
  );
};
