/** What compiles and what does not: checked by `tsc -p tsconfig.test.json`; the expectations below run as well. */
import { createUserMetadata, type MetadataPatch, memoryStore } from "@usermeta/core";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";

const Unsafe = z
  .object({ theme: z.enum(["dark", "light"]), size: z.object({ px: z.number(), em: z.number() }) })
  .partial();
const typed = createUserMetadata({ store: memoryStore(), schemas: { unsafe: Unsafe } });
const untyped = createUserMetadata({ store: memoryStore() });

interface Preferences {
  theme: string;
}

test("a tier has the type of its schema", async () => {
  const { unsafeMetadata, publicMetadata } = await typed.getUserMetadata("jane");
  expectTypeOf(unsafeMetadata.theme).toEqualTypeOf<"dark" | "light" | undefined>();
  expectTypeOf(publicMetadata.anything).not.toBeAny();
});

test("a patch may be partial at any depth, and null removes", async () => {
  const patch: MetadataPatch<z.input<typeof Unsafe>> = { theme: null, size: { px: 3 } };
  await expect(typed.updateUserMetadata("jane", { unsafeMetadata: patch })).rejects.toMatchObject({
    code: "schema_mismatch",
  });
  await typed.updateUserMetadata("jane", { unsafeMetadata: { size: { px: 3, em: 1 } } });
  await typed.updateUserMetadata("jane", { unsafeMetadata: { size: { px: 4 } } });
  await typed.updateUserMetadata("jane", { unsafeMetadata: { size: null } });
});

test("an interface of the app's is metadata too", async () => {
  const preferences: Preferences = { theme: "dark" };
  await untyped.updateUserMetadata("jane", { unsafeMetadata: preferences });
  await untyped.replaceUserMetadata("jane", { publicMetadata: preferences });
});

test("a typo does not compile", async () => {
  // @ts-expect-error: no such value
  await expect(typed.updateUserMetadata("jane", { unsafeMetadata: { theme: "drak" } })).rejects.toThrow();
  // @ts-expect-error: no such key
  await expect(typed.updateUserMetadata("jane", { unsafeMetadata: { tehme: "dark" } })).rejects.toThrow();
  // @ts-expect-error: no such tier
  await expect(untyped.updateUserMetadata("jane", { pubicMetadata: {} })).rejects.toThrow();
  // @ts-expect-error: no such merge
  await expect(untyped.updateUserMetadata("jane", {}, { merge: "shalow" })).rejects.toThrow();
  // @ts-expect-error: no such option
  expect(() => createUserMetadata({ store: memoryStore(), adminKey: "x" })).toThrow();
});
