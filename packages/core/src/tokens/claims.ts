import type { MetadataDocument } from "../document/document.ts";
import { type JsonObject, type JsonValue, jsonBytes } from "../document/json.ts";
import { jsonEquals } from "../document/json-profile.ts";
import { invalidOption, UserMetadataError } from "../errors.ts";

/** What of a user's metadata goes into the user's tokens, beside the flagged root keys of `public`. */
export interface ClaimsOptions {
  /** Put before a flagged key to make its claim's name. @default "metadata_" */
  readonly prefix?: string | undefined;
  /**
   * The most bytes of UTF-8 JSON that the claims may take; the write that makes them grow beyond it fails. If the
   * template names `unsafe`, half of the bytes is for what comes from there, so that a user's own data never makes a
   * server's write fail.
   * @default 1200
   */
  readonly maxBytes?: number | undefined;
  /**
   * Further claims. `"{{public.a.b}}"` as the whole string keeps the value's JSON type, and is `null` if there is
   * none; inside a longer string it is text. `public` and `unsafe` can be named, `private` never.
   */
  readonly template?: Readonly<Record<string, string>> | undefined;
}

/** Carries the document's version into a token, so that a handler can ask whether the token is stale. */
export const VERSION_CLAIM = "metadataVersion";

/** Names that say who is calling and what they may, or that a verifier reads: metadata may not set them. */
const RESERVED: ReadonlySet<string> = new Set(
  [
    "iss sub aud exp nbf iat jti azp sid nonce amr acr auth_time cnf scope client_id", // RFC 7519, RFC 7800, OIDC Core
    "groups roles entitlements", // RFC 9068
    "act sts fva v o pla fea org_id org_role org_slug org_permissions", // Clerk
    "tId rsub stt sessionHandle refreshTokenHash1 parentRefreshTokenHash1 antiCsrfToken", // SuperTokens
    `st-ev st-role st-perm st-mfa ${VERSION_CLAIM}`,
  ].flatMap((names) => names.split(" ")),
);

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const UNSAFE = /\{\{\s*unsafe[\s.}]/;
const WHOLE = /^\{\{\s*([^{}]*?)\s*\}\}$/;

/** The claims of a document, by the options that were checked at construction. */
export interface Claims {
  build(source: ClaimsSource): JsonObject;
  /** Whether two documents have the same claims. */
  areSame(current: ClaimsSource, changed: ClaimsSource): boolean;
  /**
   * Judges a change: one that leaves the claims as they are, or makes them smaller, may be made.
   * @throws UserMetadataError `claims_too_large`, `claim_name_reserved`
   */
  check(current: ClaimsSource, changed: ClaimsSource): void;
}

/** What of a document claims are made of. */
type ClaimsSource = Pick<MetadataDocument, "public" | "unsafe" | "claims">;

/** @throws UserMetadataError `options_invalid` */
export const createClaims = ({
  prefix = "metadata_",
  maxBytes = 1200,
  template = {},
}: ClaimsOptions): Claims => {
  const templated = Object.entries(template).map(([name, text]) => [name, compile(name, text)] as const);
  const build: Claims["build"] = (document) => {
    const claims: JsonObject = {};
    for (const key of document.claims) claims[prefix + key] = document.public[key] ?? null;
    for (const [name, value] of templated) claims[name] = value(document);
    return claims;
  };
  const areSame: Claims["areSame"] = (current, changed) => {
    if (current.claims.length + changed.claims.length + templated.length === 0) return true;
    const isTouched =
      current.public !== changed.public ||
      (hasUnsafe && current.unsafe !== changed.unsafe) ||
      current.claims !== changed.claims;
    return !isTouched || jsonEquals(build(current), build(changed));
  };
  const hasUnsafe = Object.values(template).some((text) => UNSAFE.test(text));
  const userBytes = hasUnsafe ? Math.floor(maxBytes / 2) : 0;
  /** What the server's own data takes, and what the user's takes beside it. */
  const weigh = (source: ClaimsSource, claims = build(source)): readonly [server: number, user: number] => {
    const all = jsonBytes(claims, 0);
    const server = hasUnsafe ? jsonBytes(build({ ...source, unsafe: {} }), 0) : all;
    return [server, all - server];
  };
  const check: Claims["check"] = (current, changed) => {
    if (areSame(current, changed)) return;
    const claims = build(changed);
    const reserved = Object.keys(claims).find((name) => RESERVED.has(name));
    if (reserved !== undefined) throw reservedName(reserved);
    if (jsonBytes(claims, userBytes || maxBytes) <= (userBytes || maxBytes)) return;
    const [server, user] = weigh(changed, claims);
    const [serverBefore, userBefore] = weigh(current);
    checkShare(server, serverBefore, maxBytes - userBytes);
    checkShare(user, userBefore, userBytes);
  };
  return { build, areSame, check };
};

const checkShare = (bytes: number, before: number, maxBytes: number): void => {
  if (bytes > maxBytes && bytes > before) throw tooLarge(bytes, maxBytes);
};

type Source = Pick<MetadataDocument, "public" | "unsafe">;

const compile = (name: string, text: string): ((source: Source) => JsonValue) => {
  if (RESERVED.has(name))
    throw invalidOption(`claims.template.${name} is a reserved claim; choose another name`);
  for (const [placeholder, path = ""] of text.matchAll(PLACEHOLDER)) {
    if (!/^(public|unsafe)(\.[^.]+)*$/.test(path)) {
      throw invalidOption(
        `claims.template.${name} has ${placeholder}; write {{public.key}} or {{unsafe.key}}`,
      );
    }
  }
  const whole = WHOLE.exec(text)?.[1];
  if (whole !== undefined) return (source) => lookUp(source, whole);
  return (source) => text.replace(PLACEHOLDER, (_, path: string) => toText(lookUp(source, path)));
};

const lookUp = (source: Source, path: string): JsonValue => {
  const [tier, ...keys] = path.split(".");
  let value: JsonValue | undefined = tier === "public" ? source.public : source.unsafe;
  for (const key of keys) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return null;
    value = (value as JsonObject)[key];
  }
  return value ?? null;
};

const toText = (value: JsonValue): string => {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

const reservedName = (name: string): UserMetadataError =>
  new UserMetadataError(
    "claim_name_reserved",
    `The claim ${JSON.stringify(name)} is reserved for the session. Flag another key.`,
  );

const tooLarge = (bytes: number, maxBytes: number): UserMetadataError =>
  new UserMetadataError(
    "claims_too_large",
    `The token's claims would take ${bytes} bytes; the limit is ${maxBytes}. Nothing was written; flag fewer keys, or raise claims.maxBytes.`,
    { details: { bytes, maxBytes } },
  );
