import type { RequestView } from "@usermeta/core";
import { decodeJwt, type JWTPayload } from "jose";
import type { SessionContainer } from "supertokens-node/recipe/session";

/** What is kept of a session that the SDK has let in. */
export interface Kept {
  /** What its token is looked for by: an Authorization header as a whole, or the value of a cookie. */
  readonly sent: string;
  /** In ms since 1970: when the token expires, or has to be verified again. */
  readonly expiresAt: number;
  readonly transferMethod: "header" | "cookie";
  /** The proof that a write by cookie needs, if the token names one. */
  readonly antiCsrfToken: unknown;
  /** Makes a container for one request alone, with what that sent as its proof. */
  readonly toSession: (antiCsrfToken: string | undefined) => SessionContainer;
}

/** Fields of the SDK's container. */
interface Fields {
  readonly helpers: unknown;
  readonly accessToken: string;
  readonly frontToken: string;
  readonly antiCsrfToken: string | undefined;
  readonly sessionHandle: string;
  readonly userId: string;
  readonly recipeUserId: unknown;
  readonly userDataInAccessToken: unknown;
  readonly reqResInfo: { readonly transferMethod: "header" | "cookie" } | undefined;
  readonly tenantId: string;
}

type Container = new (...values: readonly unknown[]) => SessionContainer;

/**
 * What may be kept of a session; nothing if its token is a new one, or is still to be exchanged by the core. A signing key
 * that the core has withdrawn is noticed after `maxAgeMs`.
 */
export const toKept = (view: RequestView, session: SessionContainer, maxAgeMs: number): Kept | undefined => {
  const fields = session as unknown as Fields;
  const { transferMethod } = fields.reqResInfo ?? {};
  const sent = toSent(view, fields);
  if (transferMethod === undefined || sent === undefined) return undefined;
  const payload = decodeJwt(fields.accessToken);
  const { exp, antiCsrfToken, parentRefreshTokenHash1 } = payload;
  if (exp === undefined || typeof parentRefreshTokenHash1 === "string") return undefined;
  const toSession = toFactory(session, sent, payload);
  if (!isSame(toSession(fields.antiCsrfToken), session)) return undefined;
  const expiresAt = Math.min(exp * 1000, Date.now() + maxAgeMs);
  return { sent, expiresAt, transferMethod, antiCsrfToken, toSession };
};

const toSent = (view: RequestView, fields: Fields): string | undefined => {
  const { accessToken, reqResInfo } = fields;
  if (reqResInfo?.transferMethod === "cookie") return copyOfText(accessToken);
  const authorization = view.header("authorization");
  return authorization === `Bearer ${accessToken}` ? authorization : undefined;
};

/** A copy: what was cut out of a Cookie header would keep the whole header in memory. */
const copyOfText = (text: string): string => new TextDecoder().decode(new TextEncoder().encode(text));

const toFactory = (session: SessionContainer, sent: string, payload: JWTPayload): Kept["toSession"] => {
  const SdkSession: Container = Object.getPrototypeOf(session).constructor;
  const { helpers, frontToken, sessionHandle, userId, recipeUserId, tenantId } = session as unknown as Fields;
  const accessToken = sent.slice(-session.getAccessToken().length);
  return (antiCsrfToken) =>
    new SdkSession(
      ...[helpers, accessToken, frontToken, undefined, antiCsrfToken, sessionHandle, userId, recipeUserId],
      ...[copyOf(payload), undefined, false, tenantId],
    );
};

/** Each request may change what it has of the payload. It is JSON of a few KB, so it is not nested too deep for this. */
const copyOf = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy)) copy[key] = copyOf(copy[key]);
  return copy;
};

/** Whether a session that was made is like the SDK's: that may have a new token to send, or fields that are not known here. */
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
