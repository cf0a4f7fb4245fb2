import type { Tier } from "../../document/document.ts";
import { type ErrorCode, UserMetadataError } from "../../errors.ts";
import { errorOutcome } from "../../http/problem.ts";
import type { Outcome } from "../../transport/outcome.ts";
import { isProfileField } from "./clerk-profile.ts";
import { PARAMETERS, toParameter } from "./clerk-user.ts";

type Shape = readonly [status: number, code: string];

const NOT_FOUND: Shape = [404, "resource_not_found"];
const BODY: Shape = [400, "request_body_invalid"];
const SIZE: Shape = [422, "form_param_exceeds_allowed_size"];
const VALUE: Shape = [422, "form_param_value_invalid"];
const MEDIA: Shape = [415, "unsupported_content_type"];
const SIGNED_OUT: Shape = [401, "authentication_invalid"];

/** Our codes as Clerk's. A code that is not listed has no counterpart at Clerk and keeps its own name and status. */
const SHAPES: Readonly<Partial<Record<ErrorCode, Shape>>> = {
  admin_key_invalid: [401, "clerk_key_invalid"],
  admin_key_missing: [401, "authorization_header_format_invalid"],
  api_version_invalid: [400, "malformed_request_parameters"],
  body_missing: BODY,
  body_too_large: [413, "request_body_too_large"],
  claim_name_reserved: VALUE,
  claims_too_large: SIZE,
  content_encoding_unsupported: MEDIA,
  content_type_unsupported: MEDIA,
  json_invalid: BODY,
  json_not_object: VALUE,
  json_too_deep: VALUE,
  json_value_refused: VALUE,
  origin_refused: [403, "origin_invalid"],
  parameter_unknown: [422, "form_param_unknown"],
  path_invalid: NOT_FOUND,
  path_unknown: NOT_FOUND,
  query_invalid: VALUE,
  request_aborted: BODY,
  rate_limited: [429, "too_many_requests"],
  schema_mismatch: VALUE,
  session_claim_invalid: [403, "authorization_invalid"],
  session_missing: SIGNED_OUT,
  sessions_unconfigured: SIGNED_OUT,
  tier_too_large: SIZE,
  token_expired: SIGNED_OUT,
  token_invalid: SIGNED_OUT,
  token_not_yet_valid: SIGNED_OUT,
  token_stale: SIGNED_OUT,
  user_id_invalid: NOT_FOUND,
  user_not_found: NOT_FOUND,
};

/** The answer to a failure, as Clerk's SDKs read it: `{errors: [{code, message, long_message, meta}], clerk_trace_id}`. */
export const toClerkOutcome = (failure: unknown): Outcome => {
  const outcome = errorOutcome(failure);
  const answer = (status: number, code: string, message: string): Outcome => {
    const parameter = UserMetadataError.is(failure) ? findParameter(failure) : undefined;
    const meta = parameter === undefined ? {} : { param_name: parameter };
    return {
      ...outcome,
      status,
      headers: { ...outcome.headers, "content-type": "application/json" },
      body: JSON.stringify({
        errors: [{ code, message, long_message: message, meta }],
        clerk_trace_id: crypto.randomUUID().replaceAll("-", ""),
      }),
    };
  };
  if (outcome.error || !UserMetadataError.is(failure))
    return answer(outcome.status, "internal_clerk_error", "The server failed; its log says why.");
  const [status, code] = SHAPES[failure.code] ?? [failure.status, failure.code];
  return answer(status, code, failure.message);
};

interface Details {
  readonly tier?: Tier;
  readonly path?: string;
  readonly parameter?: string;
}

/** The parameter of the request that an error is about. */
const findParameter = ({ details }: UserMetadataError): string | undefined => {
  const { tier, path, parameter } = (details ?? {}) as Details;
  const root = path?.split("/")[1] ?? "";
  const isParameter = PARAMETERS.has(root) || isProfileField(root);
  return parameter ?? (tier && toParameter(tier)) ?? (isParameter ? root : undefined);
};

/** There is no such user. */
export const userNotFound = (): UserMetadataError =>
  new UserMetadataError(
    "user_not_found",
    "There is no user with this id. Check it, or write the user's metadata first.",
  );
