/**
 * The closed table of error codes with their HTTP statuses. A client is shown the message of a status below 500; of
 * the others only the code. `docs/errors.md` says of each what happened and what to do.
 */
export const ERROR_CODES = {
  admin_key_invalid: 401,
  admin_key_missing: 401,
  api_version_invalid: 400,
  body_already_read: 500,
  body_missing: 400,
  body_too_large: 413,
  claim_key_unknown: 422,
  claim_name_reserved: 422,
  claims_too_large: 422,
  condition_invalid: 400,
  content_encoding_unsupported: 415,
  content_type_unsupported: 415,
  document_corrupt: 500,
  engine_overloaded: 503,
  history_unsupported: 501,
  internal_error: 500,
  json_invalid: 400,
  json_not_object: 422,
  json_too_deep: 422,
  json_value_refused: 422,
  jwks_unavailable: 503,
  method_not_allowed: 405,
  move_unsupported: 501,
  options_invalid: 500,
  origin_refused: 403,
  parameter_unknown: 422,
  patch_conflict: 409,
  patch_invalid: 422,
  path_invalid: 400,
  path_unknown: 404,
  position_trimmed: 410,
  query_invalid: 400,
  rate_limited: 429,
  reason_invalid: 400,
  record_invalid: 422,
  request_aborted: 400,
  schema_mismatch: 422,
  search_unsupported: 501,
  session_claim_invalid: 403,
  session_middleware_missing: 500,
  session_missing: 401,
  sessions_unavailable: 503,
  sessions_unconfigured: 401,
  store_busy: 503,
  store_corrupt: 500,
  store_full: 507,
  store_read_only: 503,
  store_replaced: 503,
  store_schema_newer: 500,
  store_unavailable: 503,
  tier_too_large: 422,
  token_expired: 401,
  token_invalid: 401,
  token_not_yet_valid: 401,
  token_stale: 401,
  user_id_invalid: 400,
  user_not_found: 404,
  version_mismatch: 412,
  version_unknown: 404,
  write_contended: 503,
  write_not_sent: 503,
} as const;

type TierName = "public" | "private" | "unsafe";

/** Of the private tier an error tells its name alone; what else there is to tell is missing then. */
type OfTier<D> = { readonly tier: TierName } & Partial<D>;

/** A stable name of what went wrong; it never changes its meaning. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The `details` of the codes that have any; the others have `undefined`. */
export interface ErrorDetails {
  body_too_large: { readonly maxBytes: number };
  document_corrupt: { readonly version: number };
  claims_too_large: { readonly bytes: number; readonly maxBytes: number };
  json_too_deep: Partial<OfTier<{ readonly path: string; readonly maxDepth: number }>>;
  json_value_refused: Partial<OfTier<{ readonly path: string }>>;
  json_not_object: Partial<OfTier<{ readonly path: string }>>;
  method_not_allowed: { readonly allow: readonly string[] };
  parameter_unknown: { readonly parameter: string };
  patch_conflict: { readonly operation: number };
  patch_invalid: { readonly operation: number };
  record_invalid: { readonly path: string };
  schema_mismatch: OfTier<{
    readonly issues: readonly { readonly path: string; readonly message: string }[];
  }>;
  tier_too_large: OfTier<{ readonly bytes: number; readonly maxBytes: number }>;
  version_mismatch: { readonly version: number };
}

type DetailsOf<C extends ErrorCode> = C extends keyof ErrorDetails ? ErrorDetails[C] : undefined;

/** What a `UserMetadataError` is made of. */
export type UserMetadataErrorOptions<C extends ErrorCode> = {
  readonly cause?: unknown;
  /** The body of the answer, for a sign-in whose own frontends expect something other than problem+json. */
  readonly body?: object | undefined;
  /** What the answer tells beside, by lower-case names. @default `Retry-After` for a 503 */
  readonly headers?: Readonly<Record<string, string>> | undefined;
} & (C extends keyof ErrorDetails ? { readonly details: ErrorDetails[C] } : unknown);

const BRAND = Symbol.for("usermeta.error");

/**
 * The one error class. The message says what happened, to which value, and what to do next. It never holds a metadata
 * value, a user id, a token, or the words of another library, which are in `cause`. `status` and `expose` are what
 * Express, Koa and Fastify look for on an error.
 */
export class UserMetadataError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  /** The HTTP status. */
  readonly status: number;
  /** The same as `status`, under the name that Fastify reads. */
  readonly statusCode: number;
  /** Whether the message may be shown to a client: a refusal's, and what the store was not made for (501). */
  readonly expose: boolean;
  readonly details: DetailsOf<C>;
  /** What a client is shown in the place of problem+json. */
  readonly body: object | undefined;
  /**
   * What the answer tells beside: `Retry-After` for a 503, `Accept-Patch` for a 415. Express, Koa, Fastify and hapi send
   * an error's headers.
   */
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(
    code: C,
    message: string,
    ...[options]: C extends keyof ErrorDetails
      ? [UserMetadataErrorOptions<C>]
      : [UserMetadataErrorOptions<C>?]
  ) {
    super(message, options && "cause" in options ? { cause: options.cause } : undefined);
    this.name = "UserMetadataError";
    this.code = code;
    this.status = ERROR_CODES[code];
    this.statusCode = this.status;
    this.expose = this.status < 500 || this.status === 501;
    this.details = (options && "details" in options ? options.details : undefined) as DetailsOf<C>;
    this.body = options?.body;
    this.headers = options?.headers ?? (this.status === 503 ? { "retry-after": "1" } : undefined);
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Whether a value is one of these errors, also if it comes from another installed copy of this package. */
  static is(error: unknown): error is UserMetadataError {
    return typeof error === "object" && error !== null && BRAND in error;
  }
}

const CONCEALED =
  "The private metadata cannot be stored like this. Nothing was written; the cause of the error says why.";

/** What the details of an error may say that it is about. */
interface About {
  readonly tier?: TierName;
  readonly path?: string;
}

/**
 * What anyone may be told of an error. If it is about the private tier, that is its code and the tier's name; the error
 * itself is the `cause`. An error that leaves the engine is concealed, except on the routes of admins: frameworks show a
 * client the message of what an app's own route throws, and LoopBack its details.
 */
export const conceal = (error: unknown): unknown => {
  if (!UserMetadataError.is(error) || error.message === CONCEALED) return error;
  const { tier, path } = Object(error.details) as About;
  if (tier !== "private" && !path?.startsWith("/privateMetadata")) return error;
  const code = error.code as "tier_too_large";
  return new UserMetadataError(code, CONCEALED, { cause: error, details: { tier: "private" } });
};

/**
 * The error that was concealed, for whoever may read the private tier: an operator, a log. Another error is itself.
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore, UserMetadataError, wholeOf } from "@usermeta/core";
 *
 * const metadata = createUserMetadata({ store: memoryStore(), limits: { maxTierBytes: 10 } });
 * try {
 *   await metadata.updateUserMetadata("jane", { privateMetadata: { plan: "professional" } });
 * } catch (error) {
 *   if (UserMetadataError.is(error)) console.log(wholeOf(error).message); // …bytes; the limit is 10…
 * }
 * ```
 */
export const wholeOf = (error: UserMetadataError): UserMetadataError =>
  error.message === CONCEALED && UserMetadataError.is(error.cause) ? error.cause : error;

/** A programmer's mistake, reported when the option is read. */
export const invalidOption = (message: string): UserMetadataError =>
  new UserMetadataError("options_invalid", `${message}.`);

/** The document is not the one that the caller saw. */
export const versionMismatch = (version: number): UserMetadataError =>
  new UserMetadataError(
    "version_mismatch",
    `The metadata is at version ${version}. Nothing was written; read it again and repeat the change.`,
    { details: { version } },
  );
