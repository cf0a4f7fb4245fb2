import { decodeJwt } from "jose";
import { describe, expect, test } from "vitest";
import { createUserMetadata, memoryStore, tokenIssuer, type UserMetadataOptions } from "../src/index.ts";

const engineWith = (claims: NonNullable<UserMetadataOptions["claims"]> = {}) =>
  createUserMetadata({
    store: memoryStore(),
    claims,
    issuer: tokenIssuer({ issuer: "https://issuer.test", audience: "app" }),
  });

describe("flagged keys", () => {
  test("go into the token as metadata_<key>, beside the document's version", async () => {
    const metadata = engineWith();
    const { version } = await metadata.updateUserMetadata("jane", {
      publicMetadata: { "user-theme": "Light", plan: "pro" },
      claims: ["user-theme"],
    });
    const payload = decodeJwt(await metadata.issueToken("jane"));
    expect(payload).toMatchObject({ sub: "jane", "metadata_user-theme": "Light", metadataVersion: version });
    expect(payload).not.toHaveProperty("metadata_plan");
  });

  test("leave the token with their key, and do not come back by themselves", async () => {
    const metadata = engineWith();
    await metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" }, claims: ["plan"] });
    await metadata.updateUserMetadata("jane", { publicMetadata: { plan: null } });
    await metadata.updateUserMetadata("jane", { publicMetadata: { plan: "secret" } });
    expect(await metadata.claims("jane")).not.toHaveProperty("metadata_plan");
  });

  test.each([[["nope"]], [["toString"]], ["plan"], [[1]]])("claims %j are refused", async (claims) => {
    const update = { publicMetadata: { plan: "pro" }, claims: claims as string[] };
    await expect(engineWith().updateUserMetadata("jane", update)).rejects.toMatchObject({
      code: "claim_key_unknown",
    });
  });

  test("cannot take the name of what says who is calling", async () => {
    const metadata = engineWith({ prefix: "s" });
    const update = { publicMetadata: { ub: "joe" }, claims: ["ub"] };
    await expect(metadata.updateUserMetadata("jane", update)).rejects.toMatchObject({
      code: "claim_name_reserved",
    });
  });
});

describe("names that say who is calling, or that a verifier reads", () => {
  const names =
    "iss sub aud exp nbf iat jti azp sid nonce amr acr auth_time cnf scope client_id groups roles entitlements act sts " +
    "fva v o pla fea org_id org_role org_slug org_permissions tId rsub stt sessionHandle refreshTokenHash1 " +
    "parentRefreshTokenHash1 antiCsrfToken st-ev st-role st-perm st-mfa metadataVersion";

  test.each(names.split(" "))("%s is neither a template's nor a flagged key's", async (name) => {
    expect(() => engineWith({ template: { [name]: "{{public.a}}" } })).toThrow(
      expect.objectContaining({ code: "options_invalid" }),
    );
    const metadata = engineWith({ prefix: "" });
    await expect(
      metadata.updateUserMetadata("jane", { publicMetadata: { [name]: 1 }, claims: [name] }),
    ).rejects.toMatchObject({ code: "claim_name_reserved" });
  });

  test.each([Number.NaN, -1, 0, 1.5, Number.POSITIVE_INFINITY, "5"])(
    "%j bytes are refused as a budget",
    (maxBytes) => {
      expect(() => engineWith({ maxBytes: maxBytes as never })).toThrow(
        expect.objectContaining({ code: "options_invalid", message: expect.stringContaining("maxBytes") }),
      );
    },
  );
});

describe("the template", () => {
  test("keeps JSON types, gives null for what is not there, and text inside a string", async () => {
    const metadata = engineWith({
      template: {
        role: "{{public.role}}",
        nested: "{{ public.a.b }}",
        whole: "{{unsafe}}",
        missing: "{{public.nope.deeper}}",
        inherited: "{{public.toString}}",
        greeting: "Hi {{public.name}}, {{public.n}}{{public.nope}}!",
        constant: "v2",
      },
    });
    await metadata.updateUserMetadata("jane", {
      publicMetadata: { role: ["admin"], a: { b: true }, name: "Jane", n: 3 },
      unsafeMetadata: { theme: "dark" },
    });
    expect(await metadata.claims("jane")).toMatchObject({
      role: ["admin"],
      nested: true,
      whole: { theme: "dark" },
      missing: null,
      inherited: null,
      greeting: "Hi Jane, 3!",
      constant: "v2",
    });
  });
});

describe("the budget", () => {
  test("is measured in bytes and fails the write, whichever part of it grew", async () => {
    const metadata = engineWith({ maxBytes: 64, template: { t: "{{public.t}}" } });
    const tooLarge = { code: "claims_too_large", details: { maxBytes: 64 } };
    await metadata.updateUserMetadata("jane", { publicMetadata: { plan: "é".repeat(40) } });
    await expect(metadata.updateUserMetadata("jane", { claims: ["plan"] })).rejects.toMatchObject(tooLarge);
    await metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" }, claims: ["plan"] });
    await expect(
      metadata.updateUserMetadata("jane", { publicMetadata: { plan: "é".repeat(40) } }),
    ).rejects.toMatchObject(tooLarge);
    await expect(
      metadata.updateUserMetadata("jane", { publicMetadata: { t: "x".repeat(64) } }),
    ).rejects.toMatchObject(tooLarge);
    expect(await metadata.claims("jane")).toMatchObject({ metadata_plan: "pro", t: null });
  });

  test("judges only a write that makes the claims grow", async () => {
    const store = memoryStore();
    const before = createUserMetadata({ store, claims: { maxBytes: 1000 } });
    const plan = "x".repeat(200);
    await before.updateUserMetadata("jane", { publicMetadata: { plan, role: "admin" }, claims: ["plan"] });
    const after = createUserMetadata({ store, claims: { maxBytes: 64 } });
    await after.updateUserMetadata("jane", { unsafeMetadata: { theme: "dark" } });
    await after.updateUserMetadata("jane", { publicMetadata: { plan: "x".repeat(150) } });
    await expect(
      after.updateUserMetadata("jane", { publicMetadata: { plan: "x".repeat(151) } }),
    ).rejects.toMatchObject({ code: "claims_too_large" });
    await expect(after.updateUserMetadata("jane", { claims: ["plan", "role"] })).rejects.toMatchObject({
      code: "claims_too_large",
    });
    await after.updateUserMetadata("jane", { claims: ["role"] });
    expect(await after.claims("jane")).toMatchObject({ metadata_role: "admin" });
  });

  test("has a share for what users fill in, so that a server's write never fails for it", async () => {
    const metadata = engineWith({ maxBytes: 100, template: { name: "{{unsafe.name}}" } });
    const tooLarge = { code: "claims_too_large", details: { maxBytes: 50 } };
    await expect(
      metadata.updateUserMetadata("jane", { unsafeMetadata: { name: "x".repeat(60) } }),
    ).rejects.toMatchObject(tooLarge);
    // The name's bytes beside the null that stands there without it.
    await metadata.updateUserMetadata("jane", { unsafeMetadata: { name: "x".repeat(52) } });
    await metadata.updateUserMetadata("jane", { publicMetadata: { banned: true }, claims: ["banned"] });
    await expect(
      metadata.updateUserMetadata("jane", { publicMetadata: { banned: "x".repeat(50) } }),
    ).rejects.toMatchObject(tooLarge);
    expect(await metadata.claims("jane")).toMatchObject({ metadata_banned: true, name: "x".repeat(52) });
  });
});

test("the private tier is in no claim", async () => {
  const metadata = engineWith({ template: { all: "{{public}} {{unsafe}}" } });
  await metadata.updateUserMetadata("jane", {
    privateMetadata: { k: "marker" },
    publicMetadata: { k: 1 },
    claims: ["k"],
  });
  expect(JSON.stringify(decodeJwt(await metadata.issueToken("jane")))).not.toContain("marker");
});

test("without an issuer there is no token", async () => {
  const metadata = createUserMetadata({ store: memoryStore() });
  await expect(metadata.issueToken("jane")).rejects.toMatchObject({ code: "options_invalid" });
});
