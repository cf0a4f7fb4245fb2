import { createUserMetadata, memoryStore, type StandardSchema } from "@usermeta/core";
import { init } from "supertokens-node";
import { init as session } from "supertokens-node/recipe/session";
import {
  clearUserMetadata,
  getUserMetadata,
  type RecipeInterface,
  updateUserMetadata,
  init as userMetadataRecipe,
} from "supertokens-node/recipe/usermetadata";
import { describe, expect, test } from "vitest";
import { userMetadataOverride } from "../src/index.ts";

const metadata = createUserMetadata({
  store: memoryStore(),
  limits: { maxTierBytes: 100_000, timeoutMs: 120_000 },
});

let original: RecipeInterface | undefined;
init({
  telemetry: false,
  // Nothing listens there: no call gets as far as a core.
  supertokens: { connectionURI: "http://127.0.0.1:1" },
  appInfo: { appName: "test", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
  recipeList: [
    session(),
    userMetadataRecipe({
      override: {
        functions: (implementation, builder) => {
          original = implementation;
          expect(builder).toBeDefined();
          return userMetadataOverride(metadata)(implementation);
        },
      },
    }),
  ],
});

const stored = async (userId: string): Promise<unknown> =>
  JSON.parse(JSON.stringify((await getUserMetadata(userId)).metadata));

describe("the recipe's semantics", () => {
  test("an unknown user reads empty, and is not made", async () => {
    expect(await getUserMetadata("nobody")).toEqual({ status: "OK", metadata: {} });
    expect((await metadata.getUserMetadata("nobody")).version).toBe(0);
  });

  test("the whole document is returned after the merge", async () => {
    await updateUserMetadata("whole", { first_name: "Jane", preferences: { theme: "dark" } });
    expect(await updateUserMetadata("whole", { notifications: { email: true } })).toEqual({
      status: "OK",
      metadata: { first_name: "Jane", preferences: { theme: "dark" }, notifications: { email: true } },
    });
  });

  test("the recipe's own example", async () => {
    const before = { preferences: { theme: "dark" }, notifications: { email: true }, todos: ["example"] };
    await updateUserMetadata("example", before);
    await updateUserMetadata("example", { notifications: { sms: true }, todos: null });
    expect(await stored("example")).toEqual({
      preferences: { theme: "dark" },
      notifications: { sms: true },
    });
  });

  test("a null on creation stores no key, nested nulls stay", async () => {
    const update = { gone: null, kept: { null: null, list: [null] } };
    expect(await updateUserMetadata("nulls", update)).toEqual({
      status: "OK",
      metadata: { kept: { null: null, list: [null] } },
    });
  });

  test("arrays are replaced whole", async () => {
    await updateUserMetadata("arrays", { list: [1, 2, 3] });
    await updateUserMetadata("arrays", { list: [4] });
    expect(await stored("arrays")).toEqual({ list: [4] });
  });

  test("{} creates an empty document, and changes none that is there", async () => {
    expect(await updateUserMetadata("empty", {})).toEqual({ status: "OK", metadata: {} });
    expect((await metadata.getUserMetadata("empty")).version).toBeGreaterThan(0);
    await updateUserMetadata("empty", { a: 1 });
    expect(await updateUserMetadata("empty", {})).toEqual({ status: "OK", metadata: { a: 1 } });
  });

  test("two concurrent first writes are both there", async () => {
    await Promise.all([updateUserMetadata("first", { a: 1 }), updateUserMetadata("first", { b: 2 })]);
    expect(await stored("first")).toEqual({ a: 1, b: 2 });
  });

  test("3,000 parallel updates of a key each are all there", async () => {
    const keys = Array.from({ length: 3000 }, (_, index) => `key${index}`);
    await Promise.all(keys.map((key, index) => updateUserMetadata("many", { [key]: index })));
    expect(await stored("many")).toEqual(Object.fromEntries(keys.map((key, index) => [key, index])));
  });

  test("what is sent is made JSON first, as on its way to the core", async () => {
    const update = { at: new Date(0), left: undefined, nan: { n: Number.NaN } };
    // The recipe's type has no dates, and its callers send them.
    await updateUserMetadata("json", update as object as Record<string, string>);
    expect(await stored("json")).toEqual({ at: "1970-01-01T00:00:00.000Z", nan: { n: null } });
  });

  test("what was read or sent is not shared with what is stored", async () => {
    const update = { list: [1] };
    const { metadata: answered } = await updateUserMetadata("shared", update);
    update.list.push(2);
    (answered.list as number[]).push(3);
    (await getUserMetadata("shared")).metadata.list.push(4);
    expect(await stored("shared")).toEqual({ list: [1] });
  });

  test("_supertokens, where MFA keeps its factors, is a key like any other", async () => {
    const update = { _supertokens: { requiredSecondaryFactors: ["totp"] } };
    expect((await updateUserMetadata("mfa", update)).metadata).toEqual(update);
  });

  test("code that passes a userContext is served too, also twice in one context", async () => {
    const userContext = { requestId: 7 };
    await updateUserMetadata("context", { a: 1 }, userContext);
    expect(await getUserMetadata("context", userContext)).toEqual({ status: "OK", metadata: { a: 1 } });
    await metadata.updateUserMetadata("context", { privateMetadata: { a: 2 } });
    expect(await getUserMetadata("context", userContext)).toEqual({ status: "OK", metadata: { a: 2 } });
    expect(await clearUserMetadata("context", userContext)).toEqual({ status: "OK" });
    expect(userContext).toEqual({ requestId: 7 });
  });
});

describe("clearing", () => {
  test("an unknown user is cleared, and not made", async () => {
    expect(await clearUserMetadata("unknown")).toEqual({ status: "OK" });
    expect((await metadata.getUserMetadata("unknown")).version).toBe(0);
  });

  test("is empty afterwards, and the document is gone", async () => {
    await updateUserMetadata("cleared", { a: 1 });
    expect(await clearUserMetadata("cleared")).toEqual({ status: "OK" });
    expect(await stored("cleared")).toEqual({});
    expect((await metadata.getUserMetadata("cleared")).version).toBe(0);
  });

  test("leaves the other tiers", async () => {
    await metadata.updateUserMetadata("tiers", {
      publicMetadata: { plan: "pro" },
      privateMetadata: { stripe: 1 },
      claims: ["plan"],
    });
    await clearUserMetadata("tiers");
    const { publicMetadata, privateMetadata, claims } = await metadata.getUserMetadata("tiers");
    expect({ publicMetadata, privateMetadata, claims }).toEqual({
      publicMetadata: { plan: "pro" },
      privateMetadata: {},
      claims: ["plan"],
    });
  });

  test("a tier that is written meanwhile stays, 200 times", async () => {
    for (let round = 0; round < 200; round += 1) {
      await updateUserMetadata("race", { a: round });
      await Promise.all([
        clearUserMetadata("race"),
        metadata.updateUserMetadata("race", { publicMetadata: { round } }),
      ]);
      const { publicMetadata, privateMetadata } = await metadata.getUserMetadata("race");
      expect({ publicMetadata, privateMetadata }).toEqual({ publicMetadata: { round }, privateMetadata: {} });
      await metadata.clearUserMetadata("race");
    }
  });
});

describe("what the engine refuses", () => {
  test.each([null, [], "text", 1, undefined])("an update that is %j", async (update) => {
    // A caller without types.
    const sent = update as unknown as Record<string, string>;
    await expect(updateUserMetadata("jane", sent)).rejects.toMatchObject({ code: "json_not_object" });
  });

  test("a user id that is missing", async () => {
    const missing = undefined as unknown as string;
    await expect(getUserMetadata(missing)).rejects.toMatchObject({ code: "user_id_invalid" });
    await expect(updateUserMetadata(missing, {})).rejects.toMatchObject({ code: "user_id_invalid" });
    await expect(clearUserMetadata(missing)).rejects.toMatchObject({ code: "user_id_invalid" });
  });

  test("more than a tier may hold, and nothing is written", async () => {
    const large = updateUserMetadata("large", { text: "x".repeat(100_000) });
    await expect(large).rejects.toMatchObject({ code: "tier_too_large" });
    expect(await stored("large")).toEqual({});
  });

  test("keys and text that no store can keep", async () => {
    const proto = JSON.parse('{"__proto__": {"admin": true}}');
    await expect(updateUserMetadata("proto", proto)).rejects.toMatchObject({ code: "json_value_refused" });
    await expect(updateUserMetadata("nul", { text: "\0" })).rejects.toMatchObject({
      code: "json_value_refused",
    });
  });
});

describe("tiers", () => {
  test("the recipe's data is private: no session reads it, no JSON carries it", async () => {
    await updateUserMetadata("private", { secret: 1 });
    const document = await metadata.getUserMetadata("private");
    expect(document.privateMetadata).toEqual({ secret: 1 });
    expect(JSON.stringify(document)).not.toContain("secret");
  });

  test("or another tier's, if that is asked for", async () => {
    if (!original) throw new Error("the recipe was not initialised");
    const recipe = userMetadataOverride(metadata, { tier: "public" })(original);
    const userContext = {} as Parameters<RecipeInterface["getUserMetadata"]>[0]["userContext"];
    const metadataUpdate = { plan: "pro" };
    await recipe.updateUserMetadata({ userId: "public", metadataUpdate, userContext });
    expect(await recipe.getUserMetadata({ userId: "public", userContext })).toEqual({
      status: "OK",
      metadata: { plan: "pro" },
    });
    expect((await metadata.getUserMetadata("public")).publicMetadata).toEqual({ plan: "pro" });
    await recipe.clearUserMetadata({ userId: "public", userContext });
    expect((await metadata.getUserMetadata("public")).version).toBe(0);
  });

  test("an engine with types of its own serves too", () => {
    const schema: StandardSchema<{ theme?: "dark" | undefined }> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) => ({ value: value as { theme?: "dark" } }),
      },
    };
    const typed = createUserMetadata({ store: memoryStore(), schemas: { private: schema, unsafe: schema } });
    expect(userMetadataOverride(typed)).toBeTypeOf("function");
  });
});
