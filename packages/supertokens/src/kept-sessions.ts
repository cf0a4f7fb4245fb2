import { createTokenCache, type RequestView, type TokenCache } from "@usermeta/core";
import type { SessionContainer, VerifySessionOptions } from "supertokens-node/recipe/session";
import type { UserContext } from "supertokens-node/types";
import { readOnlyCookie, type SeenRequest, SentResponse, seenLater } from "./exchange.ts";
import { type Kept, toKept } from "./kept-session.ts";
import { toFailure } from "./session-failure.ts";
import { currentRecipe, isOriginal, type SessionRecipe } from "./session-recipe.ts";

/** Sessions that the SDK has let in, by their access tokens. */
export interface KeptSessions {
  /**
   * The session of a token that the SDK has verified, if this request would be let in too. What would be refused, or asks
   * the core, is not found: the SDK says so itself.
   */
  find(view: RequestView): SessionContainer | Promise<SessionContainer> | undefined;
  /** Keeps what the SDK has found for a request. */
  keep(view: RequestView, session: SessionContainer): void;
}

/** What is kept of one recipe. */
interface Keeper {
  readonly recipe: SessionRecipe;
  /** None if the app has overridden `getSession`, which is called for each request then. */
  readonly tokens: TokenCache<Kept> | undefined;
  readonly overridesValidation: boolean;
}

/** A request for which a token was found. */
interface Found {
  readonly recipe: SessionRecipe;
  readonly view: RequestView;
  readonly request: SeenRequest;
  readonly userContext: UserContext;
  readonly kept: Kept;
}

type Options = Pick<
  VerifySessionOptions,
  "antiCsrfCheck" | "checkDatabase" | "overrideGlobalClaimValidators"
>;

/** The cookie of sessions of SuperTokens before version 14: the SDK wants such a browser to refresh. */
const LEGACY_COOKIE = "sIdRefreshToken";

export const createKeptSessions = (options: Options): KeptSessions => {
  let keeper: Keeper | undefined;
  return {
    find(view) {
      try {
        return keeper && admit(view, keeper, options);
      } catch {
        return undefined; // The SDK is asked. If it fails too, it knows how that is answered.
      }
    },
    keep(view, session) {
      const recipe = currentRecipe();
      if (recipe === undefined || options.checkDatabase) return;
      try {
        if (keeper?.recipe !== recipe) keeper = toKeeper(recipe);
        const maxAgeMs = recipe.config.jwksRefreshIntervalSec * 1000;
        const kept = keeper.tokens && toKept(view, session, maxAgeMs);
        if (kept) keeper.tokens?.set(kept.sent, kept);
      } catch {
        // Another version of the SDK makes its sessions in another way. The session is good, but not kept.
      }
    },
  };
};

const toKeeper = (recipe: SessionRecipe): Keeper => ({
  recipe,
  tokens: isOriginal(recipe, "getSession") ? createTokenCache() : undefined,
  overridesValidation: !(
    isOriginal(recipe, "getGlobalClaimValidators") && isOriginal(recipe, "validateClaims")
  ),
});

const admit = (view: RequestView, keeper: Keeper, options: Options): ReturnType<KeptSessions["find"]> => {
  const found = findToken(view, keeper);
  if (found === undefined || !isAllowed(found) || !isProven(found, options.antiCsrfCheck)) return undefined;
  const session = found.kept.toSession(view.header("anti-csrf"));
  if (needsValidation(keeper, options)) return validate(session, found, options);
  session.attachToRequestResponse(new Exchange(found), found.userContext);
  return session;
};

/** The SDK takes the token of a header before that of a cookie. Several cookies of the name are not decided here. */
const findToken = (view: RequestView, keeper: Keeper): Found | undefined => {
  const { recipe, tokens } = keeper;
  if (tokens === undefined || recipe !== currentRecipe()) return undefined;
  const authorization = view.header("authorization");
  const cookies = view.header("cookie");
  if (cookies?.includes(LEGACY_COOKIE) || (authorization ?? cookies) === undefined) return undefined;
  const request = seenLater(view);
  const userContext = { _default: { request, keepCacheAlive: true } } as unknown as UserContext;
  const sent =
    authorization ??
    readOnlyCookie(cookies ?? "", recipe.config.getCookieNameForTokenType(request, "access", userContext));
  const kept = sent === undefined ? undefined : tokens.get(sent);
  if (kept?.transferMethod !== (authorization === undefined ? "cookie" : "header")) return undefined;
  return { recipe, view, request, userContext, kept };
};

/** Whether the app takes tokens from there, for this request. */
const isAllowed = ({ recipe, request, userContext, kept }: Found): boolean => {
  const asked = { req: request, forCreateNewSession: false, userContext };
  const allowed = recipe.config.getTokenTransferMethod(asked);
  return allowed === "any" || allowed === kept.transferMethod;
};

/** Whether the request has the proof that it was made by the app's own pages, where the SDK asks for one. */
const isProven = (
  { recipe, view, request, userContext, kept }: Found,
  antiCsrfCheck: boolean | undefined,
): boolean => {
  if (kept.transferMethod === "header") return true;
  if (antiCsrfCheck === undefined ? /^(GET|HEAD)$/.test(view.method) : antiCsrfCheck === false) return true;
  const { antiCsrfFunctionOrString: mode } = recipe.config;
  if (mode === "VIA_TOKEN") {
    const token = view.header("anti-csrf");
    return token !== undefined && token === kept.antiCsrfToken;
  }
  const wanted = typeof mode === "function" ? mode({ request, userContext }) : mode;
  return wanted === "NONE" || (wanted === "VIA_CUSTOM_HEADER" && view.header("rid") !== undefined);
};

const needsValidation = (
  { recipe, overridesValidation }: Keeper,
  { overrideGlobalClaimValidators }: Options,
): boolean =>
  overridesValidation ||
  overrideGlobalClaimValidators !== undefined ||
  recipe.getClaimValidatorsAddedByOtherRecipes().length > 0;

/** The claim validators are asked for each request, as the SDK asks them. */
const validate = async (
  session: SessionContainer,
  found: Found,
  options: Options,
): Promise<SessionContainer> => {
  const { recipe, userContext } = found;
  const exchange = new Exchange(found);
  try {
    const { overrideGlobalClaimValidators } = options;
    const validators = await recipe.getRequiredClaimValidators(
      session,
      overrideGlobalClaimValidators,
      userContext,
    );
    await session.assertClaims(validators, userContext);
    await session.attachToRequestResponse(exchange, userContext);
    return session;
  } catch (error) {
    throw await toFailure(error, exchange.req, exchange.res);
  }
};

/** What a container answers with: the response is made if something is sent. */
class Exchange {
  readonly req: SeenRequest;
  readonly transferMethod: "header" | "cookie";
  readonly #view: RequestView;
  #res: SentResponse | undefined;

  constructor({ request, view, kept }: Found) {
    this.req = request;
    this.transferMethod = kept.transferMethod;
    this.#view = view;
  }

  get res(): SentResponse {
    this.#res ??= new SentResponse(this.#view.response);
    return this.#res;
  }
}
