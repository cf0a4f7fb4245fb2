import type { RequestView } from "@usermeta/core";
import { decodeJwt, type JWTPayload } from "jose";
import type { SessionContainer, VerifySessionOptions } from "supertokens-node/recipe/session";
import type { UserContext } from "supertokens-node/types";
import { readOnlyCookie, type SeenRequest, SentResponse, seenLater } from "./exchange.ts";
import { toFailure } from "./session-failure.ts";
import { currentRecipe, isOriginal, type SessionRecipe } from "./session-recipe.ts";
import { createTokenCache, type TokenCache } from "./token-cache.ts";

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

interface Kept {
  readonly sent: string;
  readonly expiresAt: number;
  readonly transferMethod: "header" | "cookie";
  readonly antiCsrfToken: unknown;
  /** Makes a container for one request alone, with what that sent as its proof. */
  toSession(antiCsrfToken: string | undefined): SessionContainer;
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
  readonly keeper: Keeper;
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
      const found = keeper && findToken(view, keeper);
      if (found === undefined || !isAllowed(found) || !isProven(found, options.antiCsrfCheck))
        return undefined;
      const session = found.kept.toSession(view.header("anti-csrf"));
      if (needsValidation(found.keeper, options)) return validate(session, found, options);
      session.attachToRequestResponse(new Exchange(found), found.userContext);
      return session;
    },
    keep(view, session) {
      const recipe = currentRecipe();
      if (recipe === undefined || options.checkDatabase) return;
      if (keeper?.recipe !== recipe) keeper = toKeeper(recipe);
      const kept = keeper.tokens && toKept(view, session, recipe);
      if (kept) keeper.tokens?.set(kept.sent, kept);
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
  return { keeper, recipe, view, request, userContext, kept };
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
  if (!(antiCsrfCheck ?? !/^(GET|HEAD)$/.test(view.method))) return true;
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

/** The fields of the SDK's container, in the order in which its class takes them. */
interface Fields {
  readonly helpers: unknown;
  readonly accessToken: string;
  readonly frontToken: string;
  readonly refreshToken: unknown;
  readonly antiCsrfToken: string | undefined;
  readonly sessionHandle: string;
  readonly userId: string;
  readonly recipeUserId: unknown;
  readonly userDataInAccessToken: unknown;
  readonly reqResInfo: { readonly transferMethod: "header" | "cookie" } | undefined;
  readonly accessTokenUpdated: boolean;
  readonly tenantId: string;
}

type Container = new (...values: readonly unknown[]) => SessionContainer;

/** What may be kept of a session; nothing if its token is a new one, or is still to be exchanged by the core. */
const toKept = (
  view: RequestView,
  session: SessionContainer,
  { config }: SessionRecipe,
): Kept | undefined => {
  const fields = session as unknown as Fields;
  const transferMethod = fields.reqResInfo?.transferMethod;
  const sent = toSent(view, fields);
  if (transferMethod === undefined || sent === undefined) return undefined;
  const payload = decodeJwt(fields.accessToken);
  const { exp, antiCsrfToken, parentRefreshTokenHash1 } = payload;
  if (exp === undefined || typeof parentRefreshTokenHash1 === "string") return undefined;
  const toSession = toFactory(fields, payload);
  if (!isSame(toSession(fields.antiCsrfToken), session)) return undefined;
  // A key that was withdrawn is noticed, if later than the SDK notices it.
  const expiresAt = Math.min(exp * 1000, Date.now() + config.jwksRefreshIntervalSec * 1000);
  return { sent, expiresAt, transferMethod, antiCsrfToken, toSession };
};

/** The text that the token is looked for by: a header as a whole, or the value of a cookie. */
const toSent = (view: RequestView, fields: Fields): string | undefined => {
  const { accessToken, accessTokenUpdated, refreshToken, reqResInfo } = fields;
  if (accessTokenUpdated || refreshToken !== undefined) return undefined;
  if (reqResInfo?.transferMethod === "cookie") return accessToken;
  const authorization = view.header("authorization");
  return authorization === `Bearer ${accessToken}` ? authorization : undefined;
};

const toFactory = (fields: Fields, payload: JWTPayload): Kept["toSession"] => {
  const { constructor } = Object.getPrototypeOf(fields) as { readonly constructor: Container };
  const { helpers, frontToken, sessionHandle, userId, recipeUserId, tenantId } = fields;
  const accessToken = copyOfText(fields.accessToken);
  return (antiCsrfToken) =>
    new constructor(
      ...[helpers, accessToken, frontToken, undefined, antiCsrfToken, sessionHandle, userId, recipeUserId],
      ...[copyOf(payload), undefined, false, tenantId],
    );
};

/** A copy: what was cut out of a Cookie header would keep the whole header in memory. */
const copyOfText = (text: string): string => new TextDecoder().decode(new TextEncoder().encode(text));

/** Each request may change what it has of the payload. It is JSON of a few KB, so it is not nested too deep for this. */
const copyOf = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy)) copy[key] = copyOf(copy[key]);
  return copy;
};

/** Whether a session that was made is like the SDK's: another version of it may have other fields, or the app may. */
const isSame = (made: SessionContainer, session: SessionContainer): boolean => {
  const [ours = [], theirs = []] = [made, session].map((each) =>
    Object.entries({
      ...each,
      reqResInfo: undefined,
      userDataInAccessToken: JSON.stringify(each.getAccessTokenPayload()),
    }).flat(),
  );
  return ours.length === theirs.length && ours.every((each, at) => each === theirs[at]);
};
