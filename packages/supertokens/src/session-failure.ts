import { type ErrorCode, UserMetadataError } from "@usermeta/core";
import { errorHandler } from "supertokens-node/framework/custom";
import { Error as SessionError } from "supertokens-node/recipe/session";
import type { SeenRequest, SentResponse } from "./exchange.ts";

type SessionCode = Extract<
  ErrorCode,
  "session_missing" | "token_invalid" | "token_expired" | "session_claim_invalid"
>;

const CODES: ReadonlyMap<string, SessionCode> = new Map([
  ["UNAUTHORISED", "token_invalid"],
  ["TRY_REFRESH_TOKEN", "token_expired"],
  ["TOKEN_THEFT_DETECTED", "token_invalid"],
  ["INVALID_CLAIMS", "session_claim_invalid"],
]);

/**
 * A failure of supertokens-node as one of ours, with the status and the body that its own error handler (the app's,
 * if it has overridden it) answers: those are what its frontends wait for.
 */
export const toFailure = async (
  error: unknown,
  request: SeenRequest,
  response: SentResponse,
): Promise<unknown> => {
  if (!(error instanceof Error)) return error;
  const code = SessionError.isErrorFromSuperTokens(error) ? CODES.get(error.type) : undefined;
  if (code === undefined) return toSetupFailure(error);
  const unhandled = await answer(error, request, response);
  if (unhandled) return unhandled;
  const failure = toSessionFailure(error, isAbsent(error, request) ? "session_missing" : code, response);
  const { statusCode } = response;
  // The app's sessionExpiredStatusCode and invalidClaimStatusCode, which its frontends are told of.
  return Object.assign(failure, { status: statusCode, statusCode });
};

const answer = async (error: Error, request: SeenRequest, response: SentResponse): Promise<unknown> => {
  let unhandled: unknown;
  await errorHandler()(error, request, response, (failure: unknown) => {
    unhandled = failure;
  });
  return unhandled;
};

/** Whether there is no session, as far as the SDK is concerned. */
export const isUnauthorised = (error: unknown): boolean =>
  SessionError.isErrorFromSuperTokens(error) && error.type === SessionError.UNAUTHORISED;

/** The SDK says the same of no token and of one that is not one of its own; a Bearer that is sent on purpose is refused. */
const isAbsent = (error: Error & { payload?: unknown }, request: SeenRequest): boolean => {
  const { clearTokens } = (error.payload ?? {}) as { readonly clearTokens?: boolean };
  if (request.hasLeftOut) return false;
  return clearTokens === false && !/^bearer\b/i.test(request.getHeaderValue("authorization") ?? "");
};

const toSessionFailure = (
  error: Error & { payload?: unknown },
  code: SessionCode,
  { body }: SentResponse,
): UserMetadataError => {
  const shown = toObject(body);
  return new UserMetadataError(code, MESSAGES[code](error), { cause: error, ...(shown && { body: shown }) });
};

const toObject = (body: string | undefined): object | undefined => {
  try {
    const value: unknown = JSON.parse(body ?? "");
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined; // an answer of the app's own that is not JSON
  }
};

/** In our words: those of the SDK and of the app's overrides of it are in the cause. */
const MESSAGES: Readonly<Record<SessionCode, (error: Error & { payload?: unknown }) => string>> = {
  session_missing: () =>
    "This route needs a session of SuperTokens. Sign in, and send its access token as Authorization: Bearer or as its cookie.",
  token_invalid: () => "SuperTokens refuses the session. Sign in again.",
  token_expired: () => "SuperTokens wants the session refreshed. Refresh it, and repeat the request.",
  session_claim_invalid: ({ payload }) =>
    `Claim validators of SuperTokens refuse the session: ${idsOf(payload)}. See claimValidationErrors.`,
};

const idsOf = (payload: unknown): string =>
  (payload as readonly { readonly id: string }[]).map(({ id }) => id).join(", ");

/** What the SDK says only in words: it is not initialised, or its core cannot be asked. */
const toSetupFailure = (cause: Error): Error => {
  if (cause.message.startsWith("Initialisation not done")) {
    return new UserMetadataError(
      "options_invalid",
      "supertokens-node is not initialised. Call SuperTokens.init with Session.init() in its recipeList before the first request.",
      { cause },
    );
  }
  if (/SuperTokens core/.test(cause.message)) {
    return new UserMetadataError(
      "sessions_unavailable",
      "The SuperTokens core cannot be asked about the session. Check its connectionURI; the cause says more.",
      { cause },
    );
  }
  return cause;
};
