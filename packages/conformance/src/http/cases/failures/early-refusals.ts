import { announce, send } from "../../client.ts";
import type { HttpCase } from "../../contract.ts";
import { expectJson, expectProblem, expectUnchanged, type Refusal } from "../../expectations.ts";
import { ADMIN_KEY, seededUser, type TestUser } from "../../fixtures.ts";
import { SHALLOW } from "../../routes.ts";

type Headers = readonly (readonly [name: string, value: string])[];

interface Announced {
  readonly name: string;
  readonly method: string;
  readonly toPath: (user: TestUser) => string;
  readonly toHeaders: (user: TestUser) => Headers;
  readonly refusal: Refusal;
}

const JSON_TYPE = ["Content-Type", SHALLOW] as const;
const own = { method: "PUT", toPath: () => "/metadata" };
const admin = { method: "PATCH", toPath: ({ adminPath }: TestUser) => adminPath };
const bearer = ({ token }: TestUser) => ["Authorization", `Bearer ${token}`] as const;

const ANNOUNCED: readonly Announced[] = [
  {
    name: "no session",
    ...own,
    toHeaders: () => [JSON_TYPE],
    refusal: [401, "session_missing"],
  },
  {
    name: "a bad token",
    ...own,
    method: "PATCH",
    toHeaders: () => [["Authorization", "Bearer garbage"], JSON_TYPE],
    refusal: [401, "token_invalid"],
  },
  {
    name: "no admin key",
    ...admin,
    toHeaders: () => [JSON_TYPE],
    refusal: [401, "admin_key_missing"],
  },
  {
    name: "more than the limit",
    ...own,
    toHeaders: (user) => [bearer(user), JSON_TYPE],
    refusal: [413, "body_too_large"],
  },
  {
    name: "more than the limit, to updateinfo",
    method: "POST",
    toPath: () => "/updateinfo",
    toHeaders: (user) => [bearer(user), JSON_TYPE],
    refusal: [413, "body_too_large"],
  },
  {
    name: "more than the limit, from an admin",
    ...admin,
    toHeaders: () => [["Authorization", `Bearer ${ADMIN_KEY}`], JSON_TYPE],
    refusal: [413, "body_too_large"],
  },
  {
    name: "another content type",
    ...own,
    toHeaders: (user) => [bearer(user), ["Content-Type", "text/plain"]],
    refusal: [415, "content_type_unsupported"],
  },
  {
    name: "a compressed body",
    ...own,
    toHeaders: (user) => [bearer(user), JSON_TYPE, ["Content-Encoding", "gzip"]],
    refusal: [415, "content_encoding_unsupported"],
  },
  {
    name: "another method",
    ...own,
    method: "POST",
    toHeaders: (user) => [bearer(user), JSON_TYPE],
    refusal: [405, "method_not_allowed"],
  },
];

/** A refusal that needs nothing of the body does not wait for it: else whoever announces 1 GB holds a connection. */
export const earlyRefusalCases: readonly HttpCase[] = ANNOUNCED.map(
  ({ name, method, toPath, toHeaders, refusal }) => ({
    name: `refused at once, with 1 GB announced and one byte sent: ${name}`,
    needs: "abort",
    async run(context) {
      const user = await seededUser(context);
      await expectUnchanged(context, user, async () => {
        const target = `${context.prefix}${toPath(user)}`;
        expectProblem(await announce(context, { method, target, headers: toHeaders(user) }), refusal);
        expectJson(await send(context, { path: "/metadata", bearer: user.token }));
      });
    },
  }),
);
