import { UserMetadataError } from "../errors.ts";

/** The codes of jose's errors that a token can bring about by itself; any other is a failure of the key set. */
const TOKEN_ERROR = /^ERR_(JW[ST]_|JOSE_(ALG|NOT)|JWKS_(NO|MULT))/;

/** A failure to verify a token, as callers see it. */
export const toSessionError = (cause: unknown): UserMetadataError => {
  if (UserMetadataError.is(cause)) return cause;
  const { code = "", claim, message } = cause as { code?: string; claim?: string; message: string };
  if (code === "ERR_JWT_EXPIRED") {
    return new UserMetadataError("token_expired", "The access token has expired. Get a fresh one.");
  }
  if (code === "ERR_JWT_CLAIM_VALIDATION_FAILED" && claim === "nbf") {
    return new UserMetadataError(
      "token_not_yet_valid",
      "The access token is not valid yet. Compare the clocks of issuer and server.",
    );
  }
  if (TOKEN_ERROR.test(code)) return invalidToken(message);
  return new UserMetadataError(
    "jwks_unavailable",
    "Could not fetch the JWKS. Check its address; the cause says more.",
    {
      cause,
    },
  );
};

/** A token that is refused. */
export const invalidToken = (reason: string): UserMetadataError =>
  new UserMetadataError("token_invalid", `The access token is refused: ${reason}. Sign in again.`);
