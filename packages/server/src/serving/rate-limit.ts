import { createHash } from "node:crypto";
import { type RequestView, UserMetadataError } from "@usermeta/core";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { RateLimitSetting } from "../config/settings.ts";

/** What a caller has left. */
export interface Allowance {
  readonly allowed: boolean;
  /** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), and `Retry-After` if it is used up. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Counts requests by caller, in this process. */
export interface RateLimit {
  /** Counts one request. `address` is the caller's address; it counts unless the credentials are known to be good. */
  count(request: RequestView, address: string): Promise<Allowance>;
  /** Says that the credentials of a request were accepted: from then on they have an allowance of their own. */
  accept(request: RequestView): void;
}

const MAX_KNOWN = 10_000;

/**
 * A fixed window for each caller. Credentials that were accepted have their own; all others share that of their
 * address, so that inventing credentials gains nothing.
 */
export const createRateLimit = (setting: Exclude<RateLimitSetting, "off">): RateLimit => {
  const [requests = 0, seconds = 0] = setting.split("/").map((part) => Number.parseInt(part, 10));
  const limiter = new RateLimiterMemory({ points: requests, duration: seconds });
  const known = new Set<string>();
  const consume = (key: string): Promise<RateLimiterRes> =>
    limiter.consume(key).catch((refusal: unknown) => {
      if (refusal instanceof RateLimiterRes) return refusal;
      throw refusal;
    });
  return {
    async count(request, address) {
      const caller = callerOf(request);
      const state = await consume(caller !== undefined && known.has(caller) ? caller : groupOf(address));
      const allowed = state.consumedPoints <= requests;
      const waitSeconds = Math.max(1, Math.ceil(state.msBeforeNext / 1000));
      return {
        allowed,
        headers: {
          "ratelimit-policy": `"caller";q=${requests};w=${seconds}`,
          ratelimit: `"caller";r=${Math.max(0, state.remainingPoints)};t=${waitSeconds}`,
          ...(!allowed && { "retry-after": String(waitSeconds) }),
        },
      };
    },
    accept(request) {
      const caller = callerOf(request);
      if (caller === undefined || known.has(caller)) return;
      if (known.size === MAX_KNOWN) known.delete(known.values().next().value as string);
      known.add(caller);
    },
  };
};

/** A digest of the credentials, spelled in any way. A cookie does not count: a client could vary what stands beside it. */
const callerOf = (request: RequestView): string | undefined => {
  const credentials = request.header("authorization")?.replace(/^bearer +/i, "") ?? request.header("api-key");
  return credentials && createHash("sha256").update(credentials.trim()).digest("base64");
};

/** Whoever has one address of IPv6 has the /64 that it is of. */
const groupOf = (address: string): string => {
  if (!address.includes(":") || address.startsWith("::ffff:")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(":").length;
  return [...groups, ...Array<string>(missing).fill("0")].slice(0, 4).join(":");
};

/** The refusal of a caller whose allowance is used up. */
export const tooManyRequests = (): UserMetadataError =>
  new UserMetadataError(
    "rate_limited",
    "This caller has made more requests than it may for now. Wait for as long as Retry-After says.",
  );
