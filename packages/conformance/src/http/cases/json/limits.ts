import assert from "node:assert/strict";
import type { HttpRequest } from "../../client.ts";
import { send } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import { LIMITS } from "../../engine.ts";
import { expectJson, expectRefused, expectUnchanged } from "../../expectations.ts";
import type { TestUser } from "../../fixtures.ts";
import { ADMIN_KEY, emptyUser, seededUser, storedUnsafe } from "../../fixtures.ts";
import { DEEP, SHALLOW } from "../../routes.ts";

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** An object of exactly so many bytes of JSON, most of them in characters of `unit`. */
const objectOf = (bytes: number, unit: string): { text: string } => {
  const room = bytes - bytesOf({ text: "" });
  const size = Buffer.byteLength(unit);
  const value = { text: unit.repeat(Math.floor(room / size)) + "x".repeat(room % size) };
  assert.equal(bytesOf(value), bytes);
  return value;
};

const put = (user: TestUser, json: unknown): HttpRequest => ({
  method: "PUT",
  path: "/metadata",
  bearer: user.token,
  type: SHALLOW,
  body: { json },
});

/** A good object, padded with white space to so many bytes. */
const padded = (bytes: number): string => '{"written":1}'.padEnd(bytes, " ");

const chunked = (text: string): ReadableStream<Uint8Array> => {
  const bytes = new TextEncoder().encode(text);
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(offset, offset + 16_384));
      offset += 16_384;
    },
  });
};

const BODY_WRITES = [
  ["PATCH", "/metadata"],
  ["PUT", "/metadata"],
  ["POST", "/updateinfo"],
] as const;

const eachWrite = async (
  context: HttpContext,
  act: (user: TestUser, request: HttpRequest) => Promise<void>,
): Promise<void> => {
  for (const [method, path] of BODY_WRITES) {
    const user = await seededUser(context);
    await act(user, { method, path, bearer: user.token, type: SHALLOW });
  }
};

/** The limits of a tier and of a body, to the byte. */
export const limitCases: readonly HttpCase[] = [
  ...[
    ["ASCII", "x"],
    ["two-byte characters", "é"],
    ["four-byte characters", "😀"],
  ].map(([name = "", unit = ""]) => ({
    name: `a tier of 8192 bytes is accepted and one of 8193 refused (${name})`,
    async run(context: HttpContext): Promise<void> {
      const user = await emptyUser(context);
      const full = objectOf(LIMITS.maxTierBytes, unit);
      expectJson(await send(context, put(user, full)));
      assert.deepEqual(await storedUnsafe(context, user), full);
      const over = put(user, objectOf(LIMITS.maxTierBytes + 1, unit));
      const problem = await expectRefused(context, user, over, [422, "tier_too_large"]);
      const { tier, bytes, maxBytes } = problem.details as Record<string, unknown>;
      assert.deepEqual([tier, maxBytes], ["unsafe", LIMITS.maxTierBytes]);
      assert.ok(typeof bytes === "number" && bytes > LIMITS.maxTierBytes);
    },
  })),
  {
    name: "what counts is the merged tier, not the patch",
    async run(context) {
      const user = await emptyUser(context);
      const half = (key: string): HttpRequest => ({
        ...put(user, { [key]: "x".repeat(5000) }),
        method: "PATCH",
        type: DEEP,
      });
      expectJson(await send(context, half("a")));
      await expectRefused(context, user, half("b"), [422, "tier_too_large"]);
      const shrink = { a: null, b: "x".repeat(5000) };
      expectJson(await send(context, { ...half("b"), body: { json: shrink } }));
      assert.deepEqual(await storedUnsafe(context, user), { b: shrink.b });
    },
  },
  {
    name: "what counts is the tier's own JSON, not the escapes and spaces it came with",
    async run(context) {
      const user = await emptyUser(context);
      const body = `{ "text" :   "${"\\u00e9".repeat(3000)}" }${" ".repeat(4000)}`;
      expectJson(await send(context, { ...put(user, {}), body }));
      assert.deepEqual(await storedUnsafe(context, user), { text: "é".repeat(3000) });
    },
  },
  {
    name: "each tier has its own limit",
    async run(context) {
      const user = await emptyUser(context);
      const full = objectOf(LIMITS.maxTierBytes, "x");
      const tiers = { publicMetadata: full, privateMetadata: full, unsafeMetadata: full };
      expectJson(await send(context, { ...put(user, tiers), path: user.adminPath, bearer: ADMIN_KEY }));
    },
  },
  {
    name: "a body of 131,072 bytes is read, with and without Content-Length",
    run: (context) =>
      eachWrite(context, async (user, request) => {
        expectJson(await send(context, { ...request, body: padded(LIMITS.maxBodyBytes) }));
        expectJson(await send(context, { ...request, body: chunked(padded(LIMITS.maxBodyBytes)) }));
        assert.equal(((await storedUnsafe(context, user)) as { written?: unknown }).written, 1);
      }),
  },
  {
    name: "a body of 131,073 bytes is a 413",
    run: (context) =>
      eachWrite(context, async (user, request) => {
        const body = padded(LIMITS.maxBodyBytes + 1);
        const problem = await expectRefused(context, user, { ...request, body }, [413, "body_too_large"]);
        assert.deepEqual(problem.details, { maxBytes: LIMITS.maxBodyBytes });
      }),
  },
  {
    name: "a body of 131,073 bytes in chunks, with no Content-Length, is a 413",
    run: (context) =>
      eachWrite(context, async (user, request) => {
        const body = chunked(padded(LIMITS.maxBodyBytes + 1));
        await expectRefused(context, user, { ...request, body }, [413, "body_too_large"]);
      }),
  },
  {
    name: "after a 413 the server answers the next request",
    async run(context) {
      const user = await seededUser(context);
      await expectUnchanged(context, user, async () => {
        for (let round = 0; round < 3; round += 1) {
          const body = padded(LIMITS.maxBodyBytes * 2);
          assert.equal((await send(context, { ...put(user, {}), body })).status, 413);
          expectJson(await send(context, { path: "/metadata", bearer: user.token }));
        }
      });
    },
  },
];
