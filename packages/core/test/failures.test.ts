import { describe, expect, test } from "vitest";
import { bizzkitDialect } from "../src/dialects/bizzkit/index.ts";
import { clerkDialect } from "../src/dialects/clerk/index.ts";
import { superTokensDialect } from "../src/dialects/supertokens/index.ts";
import {
  createUserMetadata,
  ERROR_CODES,
  memoryStore,
  nativeDialect,
  UserMetadataError,
} from "../src/index.ts";

const SECRET = "cus_4711 at 10.0.0.7";
const FAILURES = [
  new Error(SECRET),
  new TypeError(SECRET, { cause: new Error(SECRET) }),
  SECRET,
  ...(
    ["store_unavailable", "store_corrupt", "store_read_only", "internal_error", "jwks_unavailable"] as const
  ).map((code) => new UserMetadataError(code, SECRET, { cause: new Error(SECRET) })),
];

describe.each([nativeDialect(), bizzkitDialect(), clerkDialect(), superTokensDialect()])(
  "a failure in the dialect $name",
  (dialect) => {
    const [route] = createUserMetadata({ store: memoryStore(), dialects: [dialect] }).routes;

    test.each(["store_read_only", "store_replaced"] as const)("says of %s to try again", (code) => {
      const { status, headers } = route?.toOutcome(new UserMetadataError(code, SECRET)) ?? {};
      expect([status, headers?.["retry-after"]]).toEqual([503, "1"]);
    });

    test.each(FAILURES)("tells a client nothing of %s", (failure) => {
      const { status, headers, body, error } = route?.toOutcome(failure) ?? {};
      expect(status).toBeGreaterThanOrEqual(500);
      expect(JSON.stringify([headers, body])).not.toContain("cus_4711");
      // The framework's error channel gets it, with its cause.
      expect(error).toBeInstanceOf(UserMetadataError);
      expect(error === failure || error?.cause === failure).toBe(true);
    });
  },
);

test("what a client may be told is said by the status", () => {
  for (const [code, status] of Object.entries(ERROR_CODES)) {
    const { expose } = new UserMetadataError(code as "internal_error", "A message.");
    expect(expose, code).toBe(status < 500 || status === 501);
  }
});
