import { UserMetadataError } from "../errors.ts";

/** Why a token is refused, by jose's codes. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_JOSE_ALG_NOT_ALLOWED: "its algorithm is not accepted",
  ERR_JWKS_NO_MATCHING_KEY: "no key of the JWKS fits it",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "its signature is wrong",
};

/** What is read of jose's errors. */
export interface JoseError {
  readonly code?: string;
  readonly claim?: string;
  readonly reason?: string;
  readonly message: string;
}

/** A failure to verify a token, as callers see it: in our words, none of jose's. */
export const toSessionError = (cause: unknown): UserMetadataError => {
  if (UserMetadataError.is(cause)) return cause;
  const { code = "", claim, reason, message } = cause as JoseError;
  if (code === "ERR_JWT_EXPIRED") {
    return new UserMetadataError("token_expired", "The access token has expired. Get a fresh one.");
  }
  if (claim === "nbf" && reason === "check_failed") {
    return new UserMetadataError(
      "token_not_yet_valid",
      "The access token is not valid yet. Compare the clocks of issuer and server.",
    );
  }
  if (claim !== undefined) return invalidToken(`its "${claim}" is missing or not accepted`);
  if (code in REASONS) return invalidToken(REASONS[code] as string);
  if (/^ERR_(JW[ST]_|JOSE_NOT)/.test(code)) return invalidToken("it is not a signed JWT");
  if (/^ERR_J(OSE_GENERIC|WKS_TIMEOUT)/.test(code) || /malformed/.test(message)) return noKeys(cause);
  return new UserMetadataError(
    "token_invalid",
    "The access token is refused: its key in the JWKS cannot be used. Correct the JWKS; see the cause.",
    { cause },
  );
};

/** A token that is refused. */
export const invalidToken = (reason: string): UserMetadataError =>
  new UserMetadataError("token_invalid", `The access token is refused: ${reason}. Sign in again.`);

/** There is no key set to look into. */
export const noKeys = (cause: unknown): UserMetadataError =>
  new UserMetadataError(
    "jwks_unavailable",
    "Could not get the JWKS. Check its address; the cause says more.",
    {
      cause,
    },
  );
