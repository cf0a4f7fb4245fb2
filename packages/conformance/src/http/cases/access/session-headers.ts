import assert from "node:assert/strict";
import { type HttpRequest, send } from "../../client.ts";
import type { HttpCase, HttpMountName } from "../../contract.ts";
import { ASKS_FOR_HEADERS } from "../../engine.ts";
import { emptyUser } from "../../fixtures.ts";

interface Sent {
  readonly name: string;
  readonly request: Omit<HttpRequest, "bearer" | "headers">;
  readonly bearer: "good" | "bad" | "none";
  readonly status: number;
}

const JSON_TYPE = "application/json";
const WRITE = { method: "POST", path: "/updateinfo", type: JSON_TYPE } as const;
const OWN = { method: "POST", path: "/own", own: true } as const;
const OPTIONAL = { path: "/own-optional", own: true } as const;

const MOUNTED: readonly Sent[] = [
  { name: "a read", request: { path: "/metadata" }, bearer: "good", status: 200 },
  { name: "a write", request: { ...WRITE, body: { json: {} } }, bearer: "good", status: 200 },
  { name: "a refused write", request: { ...WRITE, body: "{" }, bearer: "good", status: 400 },
  { name: "a refused session", request: { path: "/metadata" }, bearer: "bad", status: 401 },
];

const OWN_ROUTES: readonly Sent[] = [
  { name: "an own route's answer", request: OWN, bearer: "good", status: 200 },
  { name: "an own route's refusal", request: OWN, bearer: "bad", status: 401 },
  { name: "an own route's answer to an anonymous request", request: OPTIONAL, bearer: "none", status: 200 },
];

const carries = ({ name, request, bearer, status }: Sent, mount: HttpMountName): HttpCase => ({
  name: `${mount === "root" ? "" : `${mount}: `}${name} carries the headers that its session sends`,
  mount,
  ...(request.own && { needs: "ownRoutes" }),
  async run(context) {
    const { token } = await emptyUser(context);
    const tokens = { good: { bearer: token }, bad: { bearer: "garbage" }, none: {} };
    const headers = { [ASKS_FOR_HEADERS]: "1" };
    const answer = await send(context, { ...request, ...tokens[bearer], headers });
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.headers.get("x-session-token"), "new");
    assert.deepEqual(answer.headers.getSetCookie(), ["first=1; Path=/", "second=2; Path=/"]);
    const without = await send(context, { ...request, ...tokens[bearer] });
    assert.equal(without.headers.get("x-session-token"), null);
    assert.deepEqual(without.headers.getSetCookie(), []);
  },
});

/** What a session verifier sends with the answer, whoever makes it. */
export const sessionHeaderCases: readonly HttpCase[] = [
  ...MOUNTED.flatMap((each) => [carries(each, "root"), carries(each, "prefix")]),
  ...OWN_ROUTES.map((each) => carries(each, "root")),
];
