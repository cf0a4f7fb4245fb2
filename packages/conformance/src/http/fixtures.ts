import { randomUUID } from "node:crypto";
import type { HttpContext } from "./contract.ts";

/** The engine's one admin key. */
export const ADMIN_KEY = "conformance-admin-key-0123456789";
/** What the ids begin with for which the suite's store fails. */
export const FAILING_PREFIX = "failing-";
/** A value in the private tier of every seeded user; it may be in no answer for a session. */
export const PRIVATE_MARKER = "private-marker-5b1f7c";

/** A user of one case. */
export interface TestUser {
  readonly id: string;
  /** A token that is good. */
  readonly token: string;
  /** The path of the user's admin route. */
  readonly adminPath: string;
}

interface Seed {
  readonly publicMetadata: { readonly plan: "free" };
  readonly privateMetadata: { readonly secret: string };
  readonly unsafeMetadata: { readonly theme: "light"; readonly nested: { readonly keep: 1 } };
}

/** What a seeded user starts with. */
export const SEED: Seed = {
  publicMetadata: { plan: "free" },
  privateMetadata: { secret: PRIVATE_MARKER },
  unsafeMetadata: { theme: "light", nested: { keep: 1 } },
};

/** An id that no other case uses. */
export const freshId = (): string => `user-${randomUUID()}`;

/** A user for whom nothing is stored. */
export const emptyUser = async (context: HttpContext, id: string = freshId()): Promise<TestUser> => ({
  id,
  token: await context.tokens.sign(id),
  adminPath: `/users/${encodeURIComponent(id)}/metadata`,
});

/** A user with something in each tier; the private tier holds the marker. */
export const seededUser = async (context: HttpContext, id: string = freshId()): Promise<TestUser> => {
  await context.engine.updateUserMetadata(id, structuredClone(SEED));
  return emptyUser(context, id);
};

/** A user whose unsafe tier is the one given. */
export const userWith = async (
  context: HttpContext,
  unsafeMetadata: Parameters<HttpContext["engine"]["updateUserMetadata"]>[1]["unsafeMetadata"] & object,
): Promise<TestUser> => {
  const user = await emptyUser(context);
  await context.engine.updateUserMetadata(user.id, { unsafeMetadata });
  return user;
};

/** All that is stored for a user, the private tier and the version included. */
export const stored = async (context: HttpContext, user: TestUser): Promise<Record<string, unknown>> => {
  const found = await context.engine.getUserMetadata(user.id);
  const { userId, publicMetadata, privateMetadata, unsafeMetadata, claims, version, createdAt, updatedAt } =
    found;
  return structuredClone({
    userId,
    publicMetadata,
    privateMetadata,
    unsafeMetadata,
    claims,
    version,
    createdAt,
    updatedAt,
  });
};

/** The user's unsafe tier, as it is stored. */
export const storedUnsafe = async (context: HttpContext, user: TestUser): Promise<unknown> =>
  (await stored(context, user)).unsafeMetadata;
