import assert from "node:assert/strict";
import { send, sendRaw } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import { expectJson, expectPassedOn, expectProblem } from "../../expectations.ts";
import { ADMIN_KEY, emptyUser, freshId, seededUser, storedUnsafe } from "../../fixtures.ts";
import { SHALLOW } from "../../routes.ts";

/** Writes to the path of a user, as an admin, and finds the write under the id. */
const reaches = async (context: HttpContext, segment: string, id: string): Promise<void> => {
  const request = { method: "PATCH", path: `/users/${segment}/metadata`, bearer: ADMIN_KEY, type: SHALLOW };
  const mark = freshId();
  const view = expectJson(await send(context, { ...request, body: { json: { unsafeMetadata: { mark } } } }));
  assert.equal(view.userId, id);
  assert.deepEqual(await storedUnsafe(context, await emptyUser(context, id)), { mark });
  await context.engine.clearUserMetadata(id);
};

const unique = freshId();
const LONGEST = unique + "\u{1f600}".repeat(255 - unique.length);
const SEGMENTS: readonly (readonly [name: string, segment: string, id: string])[] = [
  ["an encoded @", `jane.doe-${unique}%40example.com`, `jane.doe-${unique}@example.com`],
  ["a literal @", `jane.doe-${unique}@example.com`, `jane.doe-${unique}@example.com`],
  ["an encoded slash", `a%2F${unique}`, `a/${unique}`],
  ["an encoded slash in lower case", `b%2f${unique}`, `b/${unique}`],
  ["an encoded percent sign", `100%25-${unique}`, `100%-${unique}`],
  ["what looks encoded twice, and is decoded once", `twice%2540${unique}`, `twice%40${unique}`],
  ["characters beyond ASCII", `j%C3%B8rgen-%E9%94%AE-%F0%9F%98%80-${unique}`, `jørgen-键-😀-${unique}`],
  ["an encoded space, question mark and hash", `a%20b%3Fc%23d-${unique}`, `a b?c#d-${unique}`],
  ["a literal plus, which is not a space", `jane+doe-${unique}`, `jane+doe-${unique}`],
  ["sub-delimiters as they are", `auth0|a:b;c=d,e!f'g(h)*-${unique}`, `auth0|a:b;c=d,e!f'g(h)*-${unique}`],
  ["a dot before and behind", `.a.-${unique}.`, `.a.-${unique}.`],
  ["255 characters", unique.padEnd(255, "x"), unique.padEnd(255, "x")],
  ["255 characters of four bytes each", encodeURIComponent(LONGEST), LONGEST],
];

const refusedSegments =
  (segments: readonly string[], code: "path_invalid" | "user_id_invalid") =>
  async (context: HttpContext): Promise<void> => {
    for (const segment of segments) {
      for (const method of ["GET", "DELETE"]) {
        const request = { method, path: `/users/${segment}/metadata`, bearer: ADMIN_KEY };
        expectProblem(await send(context, request), [400, code]);
      }
    }
  };

const passesOn = async (context: HttpContext, paths: readonly string[], own: boolean): Promise<void> => {
  const { token } = await seededUser(context);
  for (const path of paths) {
    for (const method of ["GET", "POST", "OPTIONS"]) {
      expectPassedOn(await send(context, { method, path, bearer: token, own }));
    }
  }
};

const UNMATCHED = ["/", "/nothing", "/metadata/more", "/metadata.json", "/users/x", "/users/x/metadata/y"];

/** Paths: encoded, malformed, of others. */
export const pathCases: readonly HttpCase[] = [
  ...SEGMENTS.map(([name, segment, id]) => ({
    name: `a user id in the path: ${name}`,
    run: (context: HttpContext) => reaches(context, segment, id),
  })),
  {
    name: "a malformed percent-encoding in the path is a 400 path_invalid",
    run: refusedSegments(["%ZZ", "a%", "a%4", "%C3", "%FF", "%C0%AF", "%ED%A0%80", "%u0041"], "path_invalid"),
  },
  {
    name: "a user id of 256 characters, or with a control character, is a 400 user_id_invalid",
    run: refusedSegments(
      ["u".repeat(256), "%F0%9F%98%80".repeat(256), "%00", "a%0Ab", "%0D%0A", "%7F", "a%C2%85"],
      "user_id_invalid",
    ),
  },
  {
    name: "a user id of only dots is refused, or the platform resolves the path and nothing answers it",
    async run(context) {
      for (const id of ["%2e%2e", "%2E", "..", ".%2e", "..."])
        for (const method of ["GET", "PUT", "DELETE"]) {
          const target = `${context.prefix}/users/${id}/metadata`;
          const headers = [
            ["Authorization", `Bearer ${ADMIN_KEY}`],
            ["Content-Type", SHALLOW],
          ] as const;
          const answer = await sendRaw(context, { method, target, headers, body: "{}" });
          assert.ok([400, 401, 404].includes(answer.status), `${method} ${target}: ${answer.status}`);
          if (answer.status === 400) expectProblem(answer, [400, "user_id_invalid"]);
        }
    },
  },
  {
    name: "a user id of only dots is refused with a 400 user_id_invalid, encoded or not",
    needs: "rawTarget",
    async run(context) {
      for (const id of ["%2e%2e", "%2E", "..", ".", ".%2e", "..."]) {
        const headers = [["Authorization", `Bearer ${ADMIN_KEY}`]] as const;
        const request = { method: "GET", target: `/users/${id}/metadata`, headers };
        expectProblem(await sendRaw(context, request), [400, "user_id_invalid"]);
      }
    },
  },
  {
    name: "one trailing slash is ignored",
    async run(context) {
      const user = await seededUser(context);
      assert.equal(
        expectJson(await send(context, { path: "/metadata/", bearer: user.token })).userId,
        user.id,
      );
      const admin = { path: `${user.adminPath}/?x=1`, bearer: ADMIN_KEY };
      assert.equal(expectJson(await send(context, admin)).userId, user.id);
    },
  },
  {
    name: "the query is ignored, whatever it holds",
    async run(context) {
      const user = await seededUser(context);
      for (const query of ["?", "?a=1&a=2", "?%ZZ", "?/users/x/metadata", "?a[]=1&__proto__[b]=2"]) {
        const answer = await send(context, { path: `/metadata${query}`, bearer: user.token });
        assert.equal(expectJson(answer).userId, user.id);
      }
    },
  },
  {
    name: "a path that is not in the table goes to the app",
    needs: "fallback",
    run: (context) => passesOn(context, UNMATCHED, false),
  },
  {
    name: "below a prefix, a path that is not in the table goes to the app",
    mount: "prefix",
    needs: "fallback",
    run: (context) => passesOn(context, [...UNMATCHED, ""], false),
  },
  {
    name: "beside the prefix, our paths are the app's",
    mount: "prefix",
    needs: "fallback",
    async run(context) {
      await passesOn(
        context,
        ["/metadata", "/updateinfo", "/authmetadata", "/auth2/metadata", "/x/auth/metadata"],
        true,
      );
    },
  },
  {
    name: "below a prefix every route answers",
    mount: "prefix",
    async run(context) {
      const user = await seededUser(context);
      const write = { method: "PATCH", path: "/metadata", bearer: user.token, type: SHALLOW };
      expectJson(await send(context, { ...write, body: { json: { written: 1 } } }));
      const view = expectJson(await send(context, { path: `${user.adminPath}?x=1`, bearer: ADMIN_KEY }));
      assert.deepEqual(view.unsafeMetadata, { theme: "light", nested: { keep: 1 }, written: 1 });
      expectJson(await send(context, { path: "/.well-known/jwks.json" }));
      expectJson(await send(context, { path: "/openapi.json" }));
      await reaches(context, `a%2Fb%25%40-${user.id}`, `a/b%@-${user.id}`);
    },
  },
  {
    name: "a doubled slash is not ours",
    needs: "rawTarget",
    async run(context) {
      const { token } = await seededUser(context);
      const headers = [["Authorization", `Bearer ${token}`]] as const;
      for (const target of ["//metadata", "/metadata//", "//users/x/metadata", "/users/x//metadata"]) {
        expectPassedOn(await sendRaw(context, { method: "GET", target, headers }));
      }
    },
  },
  {
    name: "a request target in absolute form (RFC 9112, 3.2.2) is the path in it",
    needs: ["http1", "rawTarget"],
    async run(context) {
      const user = await seededUser(context);
      const headers = [["Authorization", `Bearer ${user.token}`]] as const;
      const target = `${context.origin}/metadata?x=1`;
      assert.equal(expectJson(await sendRaw(context, { method: "GET", target, headers })).userId, user.id);
    },
  },
  {
    name: "paths are compared with their case",
    needs: "fallback",
    run: (context) => passesOn(context, ["/Metadata", "/UPDATEINFO", "/Users/x/metadata"], false),
  },
];
