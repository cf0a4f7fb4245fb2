import { afterEach, beforeEach, expect, test } from "vitest";
import { makePlace, type Place } from "./command.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const metadataOf = async (userId: string): Promise<Record<string, unknown>> => {
  const { stdout } = await place.run(["get", userId]);
  return JSON.parse(stdout) as Record<string, unknown>;
};

test("get, set, patch and clear read and write one user, with the semantics of the routes", async () => {
  const set = await place.run([
    "set",
    "jane@example.com",
    '{"publicMetadata":{"a":{"b":1,"c":2}},"claims":["a"]}',
  ]);
  expect([set.code, set.stderr]).toEqual([0, ""]);
  const merged = await place.run(["patch", "jane@example.com", '{"publicMetadata":{"a":{"b":null}}}']);
  expect(JSON.parse(merged.stdout)).toMatchObject({ publicMetadata: { a: { c: 2 } }, claims: ["a"] });
  const input = '[{"op":"add","path":"/privateMetadata/stripe","value":"cus_1"}]';
  const patched = await place.run(["patch", "jane@example.com", "-"], { input });
  expect(JSON.parse(patched.stdout)).toMatchObject({ privateMetadata: { stripe: "cus_1" } });
  const { version, ...rest } = await metadataOf("jane@example.com");
  expect(rest).toMatchObject({
    userId: "jane@example.com",
    publicMetadata: { a: { c: 2 } },
    privateMetadata: { stripe: "cus_1" },
    unsafeMetadata: {},
  });
  const cleared = await place.run(["clear", "jane@example.com", "--if-version", String(version)]);
  expect(cleared).toEqual({ code: 0, stdout: "", stderr: "" });
  const nobody = await place.run(["get", "jane@example.com"]);
  expect(nobody).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("(user_not_found)") });
});

test.each([
  ["another version", ["patch", "jane", "{}", "--if-version", "7"], "version_mismatch"],
  ["something stored, if nothing shall be", ["set", "jane", "{}", "--if-version", "0"], "version_mismatch"],
  ["a key that means nothing", ["patch", "jane", '{"publicMetaData":{}}'], "parameter_unknown"],
  ["text that is not JSON", ["set", "jane", "{theme:dark}"], "json_invalid"],
  [
    "an integer that would be rounded",
    ["set", "jane", '{"publicMetadata":{"n":9007199254740993}}'],
    "json_value_refused",
  ],
  ["a user id that is not valid", ["get", ""], "user_id_invalid"],
])("%s is refused with its code, and nothing is written", async (_, args, code) => {
  await place.run(["set", "jane", '{"publicMetadata":{"kept":true}}']);
  const { code: exit, stdout, stderr } = await place.run(args);
  expect([exit, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(new RegExp(`^usermeta: .+ \\(${code}\\)\\n$`));
  expect(await metadataOf("jane")).toMatchObject({ publicMetadata: { kept: true } });
});

test("standard input is read if no JSON is given, and an empty one is refused", async () => {
  const { stdout } = await place.run(["set", "jane"], { input: '{"unsafeMetadata":{"theme":"dark"}}' });
  expect(JSON.parse(stdout)).toMatchObject({ unsafeMetadata: { theme: "dark" } });
  expect((await place.run(["set", "jane"])).stderr).toContain("(body_missing)");
});
