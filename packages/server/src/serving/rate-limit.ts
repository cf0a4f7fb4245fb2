import { createHash } from "node:crypto";
import { type Caller, type RequestView, UserMetadataError } from "@usermeta/core";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { RateLimitSetting } from "../config/settings.ts";

/** How much each caller may ask. */
export interface RateLimitOptions {
  /** For each user with a session, and for each address of those who have shown nothing. */
  readonly rateLimit: RateLimitSetting;
  /** For each admin key. */
  readonly adminRateLimit: RateLimitSetting;
}

/** Counts requests by caller, in this process. */
export interface RateLimit {
  /** Begins one request from an address. */
  visit(address: string): Visit;
}

/** One request, as it is counted. */
export interface Visit {
  /** Counts the request to its address. `false`: it is refused, before its credentials are looked at. */
  begin(request: RequestView): Promise<boolean>;
  /**
   * The credentials are good: the request counts to this caller, and no longer to its address.
   * @throws UserMetadataError `rate_limited`
   */
  admit(caller: Caller): Promise<void>;
  /** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), and `Retry-After` if nothing is left. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Count {
  readonly allowed: boolean;
  readonly headers: Visit["headers"];
}

/** A fixed window for each key; `undefined` if there is no limit. */
interface Window {
  count(key: string): Promise<Count>;
  giveBack(key: string): Promise<unknown>;
}

const MAX_KNOWN = 10_000;

/**
 * The caller is whoever the credentials were verified to be: a user with a session, or an admin key. All others share
 * the allowance of their address, so that to invent credentials, or to vary what stands beside good ones, gains nothing.
 * From an address whose allowance is used up, only credentials that were good before are looked at.
 */
export const createRateLimit = ({ rateLimit, adminRateLimit }: RateLimitOptions): RateLimit => {
  const [callers, admins] = [createWindow(rateLimit), createWindow(adminRateLimit)];
  const known = new Set<string>();
  const remember = (credentials: string): void => {
    if (known.has(credentials)) return;
    if (known.size === MAX_KNOWN) known.delete(known.values().next().value as string);
    known.add(credentials);
  };
  return {
    visit(address) {
      const place = `address ${groupOf(address)}`;
      let credentials = "";
      let headers: Visit["headers"] = {};
      return {
        get headers() {
          return headers;
        },
        async begin(request) {
          credentials = digestOf(request);
          const count = await callers?.count(place);
          headers = count?.headers ?? {};
          return count?.allowed !== false || known.has(credentials);
        },
        async admit(caller) {
          await callers?.giveBack(place);
          const count = await ("adminKey" in caller
            ? admins?.count(`key ${caller.adminKey}`)
            : callers?.count(`user ${caller.userId}`));
          headers = count?.headers ?? {};
          if (count?.allowed === false) throw tooManyRequests();
          remember(credentials);
        },
      };
    },
  };
};

const createWindow = (setting: RateLimitSetting): Window | undefined => {
  if (setting === "off") return undefined;
  const [requests = 0, seconds = 0] = setting.split("/").map((part) => Number.parseInt(part, 10));
  const limiter = new RateLimiterMemory({ points: requests, duration: seconds });
  return {
    async count(key) {
      const state = await limiter.consume(key).catch((refusal: unknown) => {
        if (refusal instanceof RateLimiterRes) return refusal;
        throw refusal;
      });
      const allowed = state.consumedPoints <= requests;
      const waitSeconds = Math.max(1, Math.ceil(state.msBeforeNext / 1000));
      const headers = {
        "ratelimit-policy": `"caller";q=${requests};w=${seconds}`,
        ratelimit: `"caller";r=${Math.max(0, state.remainingPoints)};t=${waitSeconds}`,
        ...(!allowed && { "retry-after": String(waitSeconds) }),
      };
      return { allowed, headers };
    },
    giveBack: (key) => limiter.reward(key),
  };
};

/** A digest of all that can be credentials. */
const digestOf = (request: RequestView): string => {
  const sent = ["authorization", "api-key", "cookie"].map((name) => request.header(name));
  return createHash("sha256").update(JSON.stringify(sent)).digest("base64");
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
