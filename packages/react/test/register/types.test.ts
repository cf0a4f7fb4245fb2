/**
 * What compiles and what does not if an app has declared its tiers. A declaration holds for a whole program, so this
 * is one of its own, checked by `tsc -p packages/react/test/register`; the expectations below run as well.
 */
import { createUserMetadataClient } from "@usermeta/client";
import type { TiersOf } from "@usermeta/core";
import {
  type RegisteredTiers,
  UserMetadataProvider,
  type UserResource,
  type UseUser,
  type UseUserMetadata,
  useUser,
  useUserMetadata,
} from "@usermeta/react";
import { createElement, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";

const schemas = {
  public: z.object({ plan: z.string() }),
  private: z.object({ stripeId: z.string() }),
  unsafe: z
    .object({ theme: z.enum(["dark", "light"]), size: z.object({ px: z.number(), em: z.number() }) })
    .partial(),
};

declare module "@usermeta/react" {
  interface Register {
    tiers: TiersOf<typeof schemas>;
  }
}

const times = { version: 1, createdAt: 1, updatedAt: 1 };
const jane = { userId: "jane", publicMetadata: { plan: "pro" }, unsafeMetadata: {}, ...times };
// Nothing listens there: each call fails, and what it was given was checked before.
const client = createUserMetadataClient<RegisteredTiers>({ baseUrl: "http://127.0.0.1:1", retries: 0 });

type Hooks = readonly [user: UseUser, metadata: UseUserMetadata];

/** Tells what the hooks returned. */
const See = ({ tell }: { tell: (hooks: Hooks) => void }): ReactNode => {
  tell([useUser(), useUserMetadata()]);
  return null;
};

/** What they return for jane, on a server. */
const seen = (): { user: UserResource; metadata: UseUserMetadata } => {
  const told: Hooks[] = [];
  const child = createElement(See, { tell: (hooks) => told.push(hooks) });
  renderToString(createElement(UserMetadataProvider, { client, initial: jane }, child));
  const [hooks] = told;
  if (!hooks?.[0].user) throw new Error("jane is not signed in");
  return { user: hooks[0].user, metadata: hooks[1] };
};

test("the hooks have the types of the server's schemas, and none is private", () => {
  const { user, metadata } = seen();
  for (const { publicMetadata, unsafeMetadata } of [user, metadata]) {
    expectTypeOf(publicMetadata.plan).toEqualTypeOf<string | undefined>();
    expectTypeOf(unsafeMetadata.theme).toEqualTypeOf<"dark" | "light" | undefined>();
    // @ts-expect-error: no such key
    expect(publicMetadata.paln).toBeUndefined();
    // @ts-expect-error: no such key
    expect(unsafeMetadata.tehme).toBeUndefined();
  }
  expectTypeOf(user).not.toHaveProperty("privateMetadata");
  expectTypeOf(metadata).not.toHaveProperty("privateMetadata");
});

test("a patch may be partial at any depth, and a typo does not compile", async () => {
  const { user, metadata } = seen();
  const { update, replace } = metadata;
  await expect(update({ theme: null, size: { px: 3 } })).rejects.toThrow();
  await expect(user.update({ unsafeMetadata: { theme: "dark" } })).rejects.toThrow();
  // @ts-expect-error: no such value
  await expect(update({ theme: "drak" })).rejects.toThrow();
  // @ts-expect-error: no such key
  await expect(update({ tehme: "dark" })).rejects.toThrow();
  // @ts-expect-error: no such key, in depth
  await expect(update({ size: { xp: 3 } })).rejects.toThrow();
  // @ts-expect-error: the server's alone
  await expect(update({ plan: "pro" })).rejects.toThrow();
  // @ts-expect-error: null is not a value of this key
  await expect(replace({ theme: null })).rejects.toThrow();
  // @ts-expect-error: no such key
  await expect(user.update({ unsafeMetadata: { tehme: "dark" } })).rejects.toThrow();
  // @ts-expect-error: no such tier
  await expect(user.update({ publicMetadata: { plan: "pro" } })).rejects.toThrow();
});

test("the provider takes the app's client and what its server has read, and no other", () => {
  const render = (props: Parameters<typeof UserMetadataProvider>[0]): string =>
    renderToString(createElement(UserMetadataProvider, props));
  expect(render({ client, initial: jane })).toBe("");
  const other = createUserMetadataClient<{ public: object; unsafe: { motto: string } }>({ baseUrl: "" });
  // @ts-expect-error: of other tiers
  expect(render({ client: other })).toBe("");
  // @ts-expect-error: a number is not a plan
  expect(render({ client, initial: { ...jane, publicMetadata: { plan: 3 } } })).toBe("");
  // @ts-expect-error: no such property
  expect(render({ client, intial: jane })).toBe("");
});
