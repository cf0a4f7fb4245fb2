/** What compiles and what does not: checked by `tsc -p tsconfig.test.json`; the expectations below run as well. */
import type { TiersOf } from "@usermeta/core";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { createUserMetadataClient, type MetadataClientError, type MetadataSnapshot } from "../src/index.ts";

const schemas = {
  public: z.object({ plan: z.string() }),
  private: z.object({ stripeId: z.string() }),
  unsafe: z
    .object({ theme: z.enum(["dark", "light"]), size: z.object({ px: z.number(), em: z.number() }) })
    .partial(),
};
type Tiers = TiersOf<typeof schemas>;

// Nothing listens there: each call fails, and what it was given was checked before.
const baseUrl = "http://127.0.0.1:1";
const client = createUserMetadataClient<Tiers>({ baseUrl, retries: 0 });

test("the tiers have the types of the server's schemas, and none is private", () => {
  const snapshot = client.getSnapshot();
  expectTypeOf(snapshot.unsafeMetadata.theme).toEqualTypeOf<"dark" | "light" | undefined>();
  expectTypeOf(snapshot.publicMetadata.plan).toEqualTypeOf<string | undefined>();
  expectTypeOf<MetadataSnapshot<Tiers>>().not.toHaveProperty("privateMetadata");
  expectTypeOf(snapshot.error).toEqualTypeOf<MetadataClientError | undefined>();
  expect(snapshot).not.toHaveProperty("privateMetadata");
});

test("a patch may be partial at any depth, and a typo does not compile", async () => {
  await expect(client.update({ theme: null, size: { px: 3 } })).rejects.toThrow();
  await expect(client.replace({ theme: "dark" })).rejects.toThrow();
  // @ts-expect-error: no such value
  await expect(client.update({ theme: "drak" })).rejects.toThrow();
  // @ts-expect-error: no such key
  await expect(client.update({ tehme: "dark" })).rejects.toThrow();
  // @ts-expect-error: the server's alone
  await expect(client.update({ plan: "pro" })).rejects.toThrow();
  // @ts-expect-error: null is not a value of this key
  await expect(client.replace({ theme: null })).rejects.toThrow();
  // @ts-expect-error: no such option
  expect(() => createUserMetadataClient({ baseUrl, getTokn: () => "x" })).toThrow();
});

test("without schemas any object goes, an interface of the app's included", async () => {
  interface Preferences {
    theme: string;
  }
  const preferences: Preferences = { theme: "dark" };
  const any = createUserMetadataClient({ baseUrl, retries: 0 });
  await expect(any.update(preferences)).rejects.toThrow();
  await expect(any.replace(preferences)).rejects.toThrow();
  expectTypeOf(any.getSnapshot().unsafeMetadata.anything).not.toBeAny();
});
