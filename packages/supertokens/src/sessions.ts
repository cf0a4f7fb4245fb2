import type { RequestView, Session, SessionVerifier } from "@usermeta/core";
import {
  getSession,
  type SessionContainer,
  type VerifySessionOptions,
} from "supertokens-node/recipe/session";
import { SeenRequest, SentResponse } from "./exchange.ts";
import { createKeptSessions } from "./kept-sessions.ts";
import { isUnauthorised, toFailure } from "./session-failure.ts";
import { loadRecipe } from "./session-recipe.ts";

/** How a session is verified: the options of supertokens-node's own `verifySession`. */
export interface SuperTokensSessionsOptions {
  /** Asks the core about every session, so that a revoked one is refused at once and not when its token expires. @default false */
  readonly checkDatabase?: boolean | undefined;
  /** Whether a cookie session needs the proof that `antiCsrf` of `Session.init` names. @default on all methods but GET and HEAD */
  readonly antiCsrfCheck?: boolean | undefined;
  /** Which claim validators a session must pass. @default those of the recipes that the app has initialised */
  readonly overrideGlobalClaimValidators?:
    | NonNullable<VerifySessionOptions["overrideGlobalClaimValidators"]>
    | undefined;
}

/**
 * Sessions of supertokens-node, which the app has initialised: access tokens from `Authorization: Bearer` or its
 * cookie. What it finds is the SDK's own session container, and what that sends (a new access token, cleared cookies)
 * goes out with the answer. A session that the SDK's own `verifySession` has left on the request is used as it is.
 *
 * Of several access tokens among the cookies, the first that is valid counts (RFC 6265, section 4.2.2). A token that is
 * not canonical base64url (RFC 7515, section 2) is `token_invalid`.
 *
 * A token of up to 4,096 bytes that was verified once is not verified again until it expires, or for
 * `jwksRefreshIntervalSec` of `Session.init`, in 8 MiB of tokens. All else is asked for each request: the claim validators,
 * the anti-CSRF proof, and the core where the SDK asks it. If the app overrides `getSession`, or may do so, that is asked.
 *
 * Its refusals are answered as the SDK answers them. A Bearer token that is not one of SuperTokens' is `token_invalid`; a
 * cookie that holds none counts as absent, as in the SDK.
 * @throws UserMetadataError when used: `session_missing`, `token_invalid`, `token_expired`, `session_claim_invalid`;
 * `sessions_unavailable` if the core cannot be asked; `options_invalid` if the SDK is not initialised
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { userMetadata } from "@usermeta/fetch";
 * import { superTokensSessions } from "@usermeta/supertokens";
 * import SuperTokens from "supertokens-node";
 * import Session from "supertokens-node/recipe/session";
 *
 * SuperTokens.init({
 *   telemetry: false,
 *   supertokens: { connectionURI: process.env.SUPERTOKENS_CONNECTION_URI ?? "http://localhost:3567" },
 *   appInfo: { appName: "my app", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
 *   recipeList: [Session.init()],
 * });
 *
 * const metadata = createUserMetadata({ store: memoryStore(), sessions: superTokensSessions() });
 * const handler = userMetadata(metadata, { prefix: "/auth" });
 * const userId = SuperTokens.convertToRecipeUserId("jane");
 * const session = await Session.createNewSessionWithoutRequestResponse("public", userId);
 *
 * const headers = { authorization: `Bearer ${session.getAccessToken()}` };
 * const response = await handler(new Request("https://example.com/auth/metadata", { headers }));
 * console.log(response?.status); // 200
 * ```
 */
export const superTokensSessions = (options: SuperTokensSessionsOptions = {}): SessionVerifier => {
  // The SDK takes `undefined` for an option that is not there; its types do not say so.
  const required = { ...options, sessionRequired: true } as Required;
  const kept = createKeptSessions(required);
  const verify = async (view: RequestView): Promise<Session> => {
    const session = await verifyAnew(view, required);
    await loadRecipe();
    kept.keep(view, session);
    return session;
  };
  return (view) => {
    const { session } = (view.raw ?? {}) as { readonly session?: unknown };
    return isSuperTokensSession(session) ? session : (kept.find(view) ?? verify(view));
  };
};

type Required = VerifySessionOptions & { readonly sessionRequired: true };

/** The SDK is asked for each of several access tokens, until it lets one in. */
const verifyAnew = async (view: RequestView, required: Required): Promise<SessionContainer> => {
  let failure: Failed | undefined;
  for (let turn = 0, turns = 1; turn < turns; turn += 1) {
    const request = new SeenRequest(view, turn);
    const response = new SentResponse(view.response);
    try {
      return await getSession(request, response, required);
    } catch (error) {
      // Of a session that is to be refreshed, or may not come in, more is known than of none.
      if (failure === undefined || (isUnauthorised(failure.error) && !isUnauthorised(error)))
        failure = { error, request, response };
      turns = request.turns;
    }
  }
  const { error, request, response } = failure as Failed;
  throw await toFailure(error, request, response);
};

interface Failed {
  readonly error: unknown;
  readonly request: SeenRequest;
  readonly response: SentResponse;
}

/**
 * Whether a session is one of supertokens-node, with all that its container can do.
 *
 * @example
 * ```ts
 * import { isSuperTokensSession } from "@usermeta/supertokens";
 *
 * const session = { getUserId: () => "jane" }; // what another verifier of yours returns
 * console.log(isSuperTokensSession(session)); // false
 * ```
 */
export const isSuperTokensSession = (session: unknown): session is Session & SessionContainer => {
  const { attachToRequestResponse, mergeIntoAccessTokenPayload } = (session ??
    {}) as Partial<SessionContainer>;
  return typeof attachToRequestResponse === "function" && typeof mergeIntoAccessTokenPayload === "function";
};
