import type { MetadataDocument } from "../../document/document.ts";
import type { Engine } from "../../engine.ts";
import { UserMetadataError } from "../../errors.ts";
import { jsonOutcome } from "../../http/json-outcome.ts";
import type { Route, RouteCall } from "../../http/route.ts";
import type { Session } from "../../sessions/session.ts";
import { VERSION_CLAIM } from "../../tokens/claims.ts";
import type { RequestView } from "../../transport/request-view.ts";
import { FORM_TYPE } from "./clerk-body.ts";
import { toFrontendUser } from "./clerk-user.ts";

/**
 * Ends the app's own session, and answers with the `Set-Cookie` headers that remove its cookie from the browser. A cookie is
 * removed under the `Path` and the `Domain` that it was set with.
 */
export type ClerkSignOut = (
  session: Session,
) => string | readonly string[] | Promise<string | readonly string[]>;

type Handle = Route["handle"];

const NOT_KEPT = { "cache-control": "no-store" };

/** What clerk-js asks of its Frontend API beside `/v1/me`: the environment, the client with its session, tokens, the end. */
export const clientRoutes = (engine: Engine, signOut: ClerkSignOut): readonly Route[] => {
  const at = (path: string, who: Route["who"]) => ({ path, who, answers: "object", reads: [] }) as const;
  const session = (action: string) => ({
    ...at(`/v1/client/sessions/:sessionId/${action}`, "session"),
    reads: [FORM_TYPE],
    method: "POST" as const,
  });
  const environment: Handle = () => jsonOutcome({}, NOT_KEPT);
  const all = at("/v1/client/sessions", "session");
  const end = endSession(signOut);
  // biome-ignore format: a table
  const routes: Route[] = [
    { ...at("/v1/environment", "anyone"), method: "GET", handle: environment },
    { ...at("/v1/client", "anyone"), method: "GET", handle: showClient(engine) },
    { ...session("touch"), handle: touch(engine) },
    { ...all, method: "DELETE", handle: end },
    { ...all, reads: [FORM_TYPE], method: "POST", handle: asMethod("DELETE", end) },
  ];
  if (engine.issuer) routes.push({ ...session("tokens"), handle: giveToken(engine) });
  return routes;
};

/** clerk-js sends every write as POST, with the method that it means in the query. */
export const asMethod =
  (method: string, handle: Handle): Handle =>
  (call) => {
    const sent = new URLSearchParams(call.request.query).get("_method") ?? "POST";
    if (sent.toUpperCase() === method) return handle(call);
    throw new UserMetadataError(
      "method_not_allowed",
      `${JSON.stringify(sent)} is not answered here. Send ${method}, or POST with ?_method=${method}.`,
      { details: { allow: ["OPTIONS", method] } },
    );
  };

/**
 * A client is what a cookie belongs to. A token gets none, and so no other token: one that is stolen would be renewed for
 * ever. A verifier of the app's own may read tokens from any header, so a session that is there without the cookie is
 * not the cookie's.
 */
const isByCookie = async (engine: Engine, request: RequestView): Promise<boolean> => {
  if (request.header("authorization") !== undefined) return false;
  const found = findSession(engine, withoutCookie(request)).catch((error: unknown) => {
    // A verifier that knows its framework's request alone may fail without it.
    if (UserMetadataError.is(error)) throw error;
  });
  return (await found) === undefined;
};

/** The framework's request has the cookie too. */
const withoutCookie = (request: RequestView): RequestView => ({
  method: request.method,
  path: request.path,
  query: request.query,
  isSecure: request.isSecure,
  header: (name) => (name === "cookie" ? undefined : request.header(name)),
  body: async () => "",
});

/** Whoever has no session, or one that has ended, gets a client without sessions: that is how clerk-js learns it. */
const showClient =
  (engine: Engine): Handle =>
  async ({ request }) => {
    const session = (await isByCookie(engine, request)) ? await findSession(engine, request) : undefined;
    if (!session) return jsonOutcome({ response: NOBODY, client: null }, NOT_KEPT);
    const userId = session.getUserId();
    await request.admit?.({ userId });
    const response = await toClient(engine, { request, session }, await engine.read(userId));
    return jsonOutcome({ response, client: null }, NOT_KEPT);
  };

const findSession = async (engine: Engine, request: RequestView): Promise<Session | undefined> => {
  try {
    return await engine.verifySession(request, { required: false });
  } catch (error) {
    if (UserMetadataError.is(error) && error.status === 401) return undefined;
    throw error;
  }
};

/** clerk-js touches the session whenever its page gets the focus. */
const touch =
  (engine: Engine): Handle =>
  async (call) => {
    await checkSession(engine, call);
    const client = await toClient(engine, call, await engine.read(call.userId));
    return jsonOutcome({ response: client?.sessions[0] ?? null, client }, NOT_KEPT);
  };

const giveToken =
  (engine: Engine): Handle =>
  async (call) => {
    await checkSession(engine, call);
    const token = await sign(engine, call, await engine.read(call.userId));
    // The route is there only with an issuer.
    return jsonOutcome(token as Token, NOT_KEPT);
  };

const endSession =
  (signOut: ClerkSignOut): Handle =>
  async ({ session }) => {
    const cookies = await signOut(session as Session);
    const outcome = jsonOutcome({ response: NOBODY, client: null }, NOT_KEPT);
    return { ...outcome, headers: { ...outcome.headers, "set-cookie": cookies } };
  };

/** The session's id on the wire. It stands in a path, and a session need not have one. */
const toSessionId = (session: Session): string => session.getHandle() || `sess_${session.getUserId()}`;

const checkSession = async (engine: Engine, { request, session, parameters }: RouteCall): Promise<void> => {
  const isNamed = session !== undefined && parameters.sessionId === toSessionId(session);
  if (isNamed && (await isByCookie(engine, request))) return;
  throw new UserMetadataError(
    "session_missing",
    "The path does not name the session of this browser's cookie. Load the client again, and send no token in a header.",
  );
};

interface Token {
  readonly object: "token";
  readonly jwt: string;
}

/** What is asked, and in which session. */
type SessionCall = Pick<RouteCall, "request" | "session">;

const sign = async (
  { issuer, claims }: Engine,
  { request, session }: SessionCall,
  document: MetadataDocument,
): Promise<Token | null> => {
  if (!issuer || !session) return null;
  const azp = toOrigin(request);
  const jwt = await issuer.sign(session.getUserId(), {
    ...claims(document),
    [VERSION_CLAIM]: document.claimsVersion,
    tId: session.getTenantId(),
    sid: toSessionId(session),
    ...(azp !== undefined && { azp }),
  });
  return { object: "token", jwt };
};

/** The page that asks: what verifies the token may want to know it. A browser names no origin in a GET of its own page. */
const toOrigin = (request: RequestView): string | undefined => {
  const page = request.header("origin") ?? request.header("referer") ?? "";
  return URL.canParse(page) ? new URL(page).origin : undefined;
};

const EMPTY = {
  object: "client",
  id: "client",
  sign_in: null,
  sign_up: null,
  last_authentication_strategy: null,
  cookie_expires_at: null,
};

const NOBODY = { ...EMPTY, sessions: [], last_active_session_id: null, created_at: 0, updated_at: 0 };

interface Client {
  readonly sessions: readonly [object];
  readonly last_active_session_id: string;
  readonly created_at: number;
  readonly updated_at: number;
}

/** The browser as Clerk sees it: a client with one session, of one user. No private tier. `null` for a token. */
export const toClient = async (
  engine: Engine,
  call: SessionCall,
  document: MetadataDocument,
): Promise<Client | null> => {
  const { session } = call;
  if (!session || !(await isByCookie(engine, call.request))) return null;
  const token = await sign(engine, call, document);
  return {
    ...EMPTY,
    sessions: [toClerkSession(session, document, token)],
    last_active_session_id: toSessionId(session),
    created_at: document.createdAt,
    updated_at: document.version,
  };
};

const toClerkSession = (session: Session, document: MetadataDocument, token: Token | null): object => {
  const userId = session.getUserId();
  const { exp } = session.getAccessTokenPayload();
  const expiresAt = typeof exp === "number" ? exp * 1000 : null;
  return {
    object: "session",
    id: toSessionId(session),
    status: "active",
    expire_at: expiresAt,
    abandon_at: expiresAt,
    last_active_at: document.version,
    last_active_organization_id: null,
    last_active_token: token,
    actor: null,
    tasks: null,
    factor_verification_age: null,
    user: toFrontendUser(userId, document),
    public_user_data: {
      first_name: null,
      last_name: null,
      image_url: "",
      has_image: false,
      identifier: userId,
      user_id: userId,
    },
    created_at: document.createdAt,
    updated_at: document.version,
  };
};
