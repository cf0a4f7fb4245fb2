import assert from "node:assert/strict";
import type { ErrorCode } from "@usermeta/core";
import type { HttpAnswer, HttpRequest } from "./client.ts";
import { send } from "./client.ts";
import type { HttpContext } from "./contract.ts";
import type { TestUser } from "./fixtures.ts";
import { stored } from "./fixtures.ts";

/** A parsed JSON object. */
export type Json = Record<string, unknown>;

/** What a refusal must look like: the status and the code. */
export type Refusal = readonly [status: number, ...codes: ErrorCode[]];

const show = (answer: HttpAnswer): string => `${answer.status} ${answer.text.slice(0, 400)}`;

const parse = (answer: HttpAnswer): Json => {
  const value: unknown = JSON.parse(answer.text);
  assert.ok(typeof value === "object" && value !== null, `an object is wanted: ${show(answer)}`);
  return value as Json;
};

/** The answer is a success with a JSON object, which is returned. */
export const expectJson = (answer: HttpAnswer, status = 200): Json => {
  assert.equal(answer.status, status, show(answer));
  assert.equal(answer.headers.get("content-type"), "application/json");
  return parse(answer);
};

/** The answer is a problem (RFC 9457) with one of the codes; it is returned. */
export const expectProblem = (answer: HttpAnswer, [status, ...codes]: Refusal): Json => {
  assert.equal(answer.status, status, show(answer));
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  const problem = parse(answer);
  assert.ok(
    (codes as unknown[]).includes(problem.code),
    `code ${codes.join(" or ")} is wanted: ${show(answer)}`,
  );
  assert.equal(problem.status, status);
  assert.equal(problem.type, `urn:usermeta:error:${problem.code}`);
  assert.ok(typeof problem.detail === "string" && problem.detail.length > 0, "a detail says what to do");
  if (status === 401) assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer\b/);
  return problem;
};

/** Nothing of what is stored for the user changes, the version included, while `act` runs. */
export const expectUnchanged = async (
  context: HttpContext,
  user: TestUser,
  act: () => Promise<unknown>,
): Promise<void> => {
  const before = await stored(context, user);
  await act();
  assert.deepEqual(await stored(context, user), before, "a refused request must change nothing");
};

/** The request is refused, and what is stored for the user stays as it is. */
export const expectRefused = async (
  context: HttpContext,
  user: TestUser,
  request: HttpRequest,
  refusal: Refusal,
): Promise<Json> => {
  let problem: Json = {};
  await expectUnchanged(context, user, async () => {
    problem = expectProblem(await send(context, request), refusal);
  });
  return problem;
};

const USER_KEYS = ["createdAt", "publicMetadata", "unsafeMetadata", "updatedAt", "userId", "version"];
const ADMIN_KEYS = [...USER_KEYS, "claims", "privateMetadata"].toSorted();

/** The object has exactly the keys of the user view, and those named besides. */
export const expectUserView = (view: Json, besides: readonly string[] = []): void =>
  assert.deepEqual(Object.keys(view).toSorted(), [...USER_KEYS, ...besides].toSorted());

/** The object has exactly the keys of the admin view. */
export const expectAdminView = (view: Json): void =>
  assert.deepEqual(Object.keys(view).toSorted(), ADMIN_KEYS);

/** The answer is the app's own 404: the adapter passed the request on. */
export const expectPassedOn = (answer: HttpAnswer): void => {
  assert.equal(answer.status, 404, show(answer));
  assert.equal(answer.text.trim(), "app 404");
};

/** The members of a header that is a list, sorted. */
export const listOf = (answer: HttpAnswer, header: string): string[] =>
  (answer.headers.get(header) ?? "")
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "")
    .toSorted();
