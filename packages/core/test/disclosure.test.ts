/** What an error tells of the private tier, and to whom; and that no text of another library goes out. */
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { bizzkitDialect } from "../src/dialects/bizzkit/index.ts";
import { clerkDialect } from "../src/dialects/clerk/index.ts";
import { superTokensDialect } from "../src/dialects/supertokens/index.ts";
import {
  createUserMetadata,
  errorOutcome,
  memoryStore,
  nativeDialect,
  type Schemas,
  type Session,
  type StandardSchema,
  UserMetadataError,
} from "../src/index.ts";

const SECRET = "cus_5b1f7c";
const JANE: Session = {
  getUserId: () => "jane",
  getTenantId: () => "public",
  getHandle: () => "",
  getAccessTokenPayload: () => ({}),
};

/** Quotes what it refuses, as valibot and arktype do. */
const quoting: StandardSchema = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      (value as { bad?: unknown }).bad === undefined
        ? { value }
        : { issues: [{ message: `bad: received ${JSON.stringify(value)}`, path: ["bad", { key: "x" }] }] },
  },
};

const engineWith = async (schemas: Schemas = {}, returned: object = {}) => {
  const store = memoryStore();
  await createUserMetadata({ store }).updateUserMetadata("jane", { privateMetadata: { stripe: SECRET } });
  const updateInfo = () => returned;
  return createUserMetadata({
    store,
    schemas,
    sessions: () => JANE,
    dialects: [nativeDialect({ updateInfo }), bizzkitDialect(), clerkDialect(), superTokensDialect()],
  });
};
type TestEngine = Awaited<ReturnType<typeof engineWith>>;

const failureOf = async (work: Promise<unknown>): Promise<UserMetadataError> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!UserMetadataError.is(error)) throw new Error(`not an error of ours: ${inspect(error)}`);
  return error;
};

const update = (metadata: TestEngine, privateMetadata: object) =>
  metadata.updateUserMetadata("jane", { privateMetadata } as object);

const nested = (levels: number): object => (levels === 0 ? {} : { next: nested(levels - 1) });

/** Each way in which private metadata is refused, and what of it nobody may be told. */
const REFUSALS: readonly (readonly [code: string, work: () => Promise<unknown>, kept: RegExp])[] = [
  ["schema_mismatch", async () => update(await engineWith({ private: quoting }), { bad: 1 }), /bad|cus_/],
  [
    "schema_mismatch",
    async () => update(await engineWith({ private: z.strictObject({ plan: z.string() }) }), { plan: "x" }),
    /stripe/,
  ],
  [
    "schema_mismatch",
    async () => update(await engineWith({ private: z.object({ plan: z.string() }) }), { plan: "x" }),
    /stripe/,
  ],
  ["tier_too_large", async () => update(await engineWith(), { long: "x".repeat(9000) }), /\d{4}/],
  ["json_too_deep", async () => update(await engineWith(), nested(40)), /next|\d\d/],
  ["json_value_refused", async () => update(await engineWith(), { card: Number.NaN }), /card/],
  ["json_not_object", async () => update(await engineWith(), [] as object), /array/],
  [
    "json_value_refused",
    async () =>
      (await engineWith()).patchUserMetadata("jane", [
        { op: "add", path: "/privateMetadata/__proto__", value: 1 },
      ]),
    /proto/,
  ],
  [
    "tier_too_large",
    async () =>
      (await engineWith()).mutateUserMetadata("jane", () => ({
        privateMetadata: { long: "x".repeat(9000) },
      })),
    /\d{4}/,
  ],
];

/** All that frameworks show of an error: Fastify and Koa its message, LoopBack its details too. */
const shownOf = (error: UserMetadataError): string =>
  `${error.message} ${JSON.stringify(error.details)} ${JSON.stringify(error)} ${error.stack?.split("\n")[0]}`;

describe("private metadata that is refused", () => {
  test.each(REFUSALS)(
    "%s tells anyone its code and the name of the tier (case %#)",
    async (code, work, kept) => {
      const error = await failureOf(work());
      expect(error.code).toBe(code);
      expect(error.details).toEqual({ tier: "private" });
      expect(shownOf(error).replaceAll(/"status(Code)?":\d+/g, "")).not.toMatch(kept);
      for (const toOutcome of [errorOutcome, clerkDialect().toOutcome, superTokensDialect().toOutcome])
        expect(toOutcome?.(error).body?.replace(/"(status|clerk_trace_id)":[^,}]+/, "")).not.toMatch(kept);
    },
  );

  test.each(REFUSALS)(
    "%s has the whole for server code, as its cause (case %#)",
    async (code, work, kept) => {
      const { cause } = await failureOf(work());
      expect(cause).toMatchObject({ code });
      expect(inspect(cause)).toMatch(kept);
    },
  );

  test("it is not wrapped twice", async () => {
    const inner = await engineWith();
    const refuse = async () => {
      await update(inner, { long: "x".repeat(9000) });
      return {};
    };
    const metadata = createUserMetadata({
      store: memoryStore(),
      sessions: () => JANE,
      dialects: [nativeDialect({ updateInfo: refuse })],
    });
    const answer = await metadata.handle(postTo("/updateinfo"));
    expect(JSON.parse(answer?.body ?? "")).toMatchObject({
      code: "tier_too_large",
      details: { tier: "private" },
    });
  });
});

const postTo = (path: string) => ({
  method: "POST",
  path,
  query: "",
  header: () => undefined,
  body: async () => "",
});

test("what updateInfo returns for the private tier and cannot be stored is told to no session", async () => {
  const metadata = await engineWith({}, { privateMetadata: { seen: new Date(0) } });
  const answer = await metadata.handle(postTo("/updateinfo"));
  const { code, details, detail } = JSON.parse(answer?.body ?? "");
  expect([code, details]).toEqual(["json_value_refused", { tier: "private" }]);
  expect(detail).not.toMatch(/seen|Date/);
});

describe("metadata that its user may read and a schema refuses", () => {
  test("is told with the path and in our words; those of the library are in the cause alone", async () => {
    const metadata = await engineWith({ public: quoting });
    const error = await failureOf(
      metadata.updateUserMetadata("jane", { publicMetadata: { bad: SECRET } } as object),
    );
    expect(error.message).toBe(
      "The public metadata does not match its schema: /bad/x is not what the schema allows. Nothing was written.",
    );
    const issues = [{ path: "/bad/x", message: "is not what the schema allows" }];
    expect(error.details).toEqual({ tier: "public", issues });
    expect(shownOf(error)).not.toContain("received");
    expect(error.cause).toMatchObject({ message: `/bad/x: bad: received {"bad":"${SECRET}"}` });
    expect((error.cause as AggregateError).errors).toHaveLength(1);
  });

  test("a key that the schema would strip is named", async () => {
    const metadata = await engineWith({ unsafe: z.object({}) });
    const error = await failureOf(
      metadata.updateUserMetadata("jane", { unsafeMetadata: { theme: "dark" } } as object),
    );
    expect(error.message).toContain("/theme is not a key of the schema.");
  });
});

test.each([
  [
    "throws",
    () => {
      throw new Error(SECRET);
    },
  ],
  ["rejects", () => Promise.reject(new Error(SECRET))],
])("a schema that %s is an internal_error, with its words in the cause alone", async (_, validate) => {
  const failing: StandardSchema = { "~standard": { version: 1, vendor: "test", validate } };
  const error = await failureOf(update(await engineWith({ private: failing }), { a: 1 }));
  expect(error).toMatchObject({ code: "internal_error", cause: { message: SECRET } });
  expect(error.message).not.toContain(SECRET);
});

test.each(["%o", "%O", "%s", "%j"])(
  "console.log(%j, user) does not print the private tier",
  async (format) => {
    const { formatWithOptions } = await import("node:util");
    const user = await (await engineWith()).getUserMetadata("jane");
    const found = await (await engineWith()).find();
    for (const value of [user, [user], { user }, found])
      for (const depth of [2, 9]) {
        expect(formatWithOptions({ depth, showHidden: true }, format, value)).not.toContain(SECRET);
        expect(inspect(value, { depth, showHidden: true, getters: true })).not.toContain(SECRET);
      }
    expect(inspect(user)).toContain("publicMetadata");
    expect(user.privateMetadata).toEqual({ stripe: SECRET });
  },
);
