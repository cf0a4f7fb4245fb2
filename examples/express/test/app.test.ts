import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import request from "supertest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildApp, type Example } from "../app.ts";

const adminKey = "an-admin-key-for-tests";
let folder: string;
let example: Example;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "usermeta-example-"));
  example = buildApp({ path: join(folder, "app.db"), adminKey });
});
afterAll(async () => {
  await example.close();
  rmSync(folder, { recursive: true });
});

const signIn = async (userId: string): Promise<string> => {
  const { body } = await request(example.app).post("/dev/sign-in").send({ userId }).expect(200);
  return body.token;
};

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

describe("sign-in for development", () => {
  test("gives a token that the metadata routes accept", async () => {
    const token = await signIn("ann");
    const { body } = await request(example.app).get("/metadata").auth(token, { type: "bearer" }).expect(200);
    expect(body).toMatchObject({ userId: "ann", publicMetadata: {}, unsafeMetadata: {}, version: 0 });
  });

  test.each([
    ["no body", undefined],
    ["no user id", {}],
    ["a number", { userId: 7 }],
    ["an empty user id", { userId: "" }],
    ["a control character", { userId: "a\u0000b" }],
    ["256 characters", { userId: "x".repeat(256) }],
  ])("refuses %s", async (_, sent) => {
    const { body } = await request(example.app).post("/dev/sign-in").send(sent).expect(400);
    expect(body).toMatchObject({
      status: 400,
      detail: expect.stringMatching(/Send|Pass/),
    });
    expect(body).not.toHaveProperty("token");
  });

  test("refuses a broken body without telling of its insides", async () => {
    const response = await request(example.app)
      .post("/dev/sign-in")
      .type("application/json")
      .send('{"userId":')
      .expect(400)
      .expect("content-type", /^application\/problem\+json/);
    expect(response.text).not.toContain("node_modules");
  });
});

describe("the app's own route", () => {
  const tellBirthday = (token: string, body: object) =>
    request(example.app).post("/birthday").auth(token, { type: "bearer" }).send(body);

  test("writes the caller's public metadata, which the next token carries", async () => {
    const token = await signIn("bea");
    const { body } = await tellBirthday(token, { birthday: "1990-05-17" }).expect(200);
    expect(body).toEqual({ message: "successfully updated user metadata" });
    const { publicMetadata, version } = await example.metadata.getUserMetadata("bea");
    expect(publicMetadata).toEqual({ birthday: "1990-05-17" });
    expect(claimsOf(await signIn("bea"))).toMatchObject({
      sub: "bea",
      metadata_birthday: "1990-05-17",
      metadataVersion: version,
    });
  });

  test.each([undefined, 17, "", "tomorrow", "2023-02-31", "1990-05-17T00:00:00Z"])(
    "refuses the birthday %j",
    async (birthday) => {
      const token = await signIn("cleo");
      const { body } = await tellBirthday(token, { birthday }).expect(400);
      expect(body.detail).toContain('{"birthday":"1990-05-17"}');
      expect((await example.metadata.getUserMetadata("cleo")).version).toBe(0);
    },
  );

  test("needs a session", async () => {
    const { body } = await request(example.app)
      .post("/birthday")
      .send({ birthday: "1990-05-17" })
      .expect(401);
    expect(body.code).toBe("session_missing");
  });
});

describe("the mounted routes", () => {
  test("let a user write the unsafe tier, and see nothing of the private one", async () => {
    await example.metadata.updateUserMetadata("dora", { privateMetadata: { score: 7 } });
    const token = await signIn("dora");
    const { body } = await request(example.app)
      .post("/updateinfo")
      .auth(token, { type: "bearer" })
      .send({ theme: "dark" })
      .expect(200);
    expect(body).toMatchObject({ unsafeMetadata: { theme: "dark" } });
    expect(JSON.stringify(body)).not.toContain("score");
  });

  test("save under If-Match, as the page does: the second of two tabs is told", async () => {
    const token = await signIn("eve");
    const put = (theme: string) =>
      request(example.app)
        .put("/metadata")
        .auth(token, { type: "bearer" })
        .set("If-Match", '"0"')
        .send({ theme });
    await put("dark").expect(200);
    const { body } = await put("light").expect(412);
    expect(body.code).toBe("version_mismatch");
    expect((await example.metadata.getUserMetadata("eve")).unsafeMetadata).toEqual({ theme: "dark" });
  });

  test("show all tiers to the admin key alone", async () => {
    const read = (key: string) =>
      request(example.app).get("/users/dora/metadata").auth(key, { type: "bearer" });
    const { body } = await read(adminKey).expect(200);
    expect(body.privateMetadata).toEqual({ score: 7 });
    await read(await signIn("dora")).expect(401);
  });
});

describe("the page", () => {
  test("is served with all it refers to, and may run only that", async () => {
    const { text, headers } = await request(example.app).get("/").expect(200).expect("content-type", /html/);
    expect(headers["content-security-policy"]).toContain("default-src 'self'");
    const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? "");
    expect(files).toEqual(expect.arrayContaining(["app.js", "style.css", "icon.svg"]));
    for (const file of files) await request(example.app).get(`/${file}`).expect(200);
  });
});

test("an admin finds users by what the store is told to search by", async () => {
  const auth = await signIn("birthday-child");
  await request(example.app)
    .post("/birthday")
    .auth(auth, { type: "bearer" })
    .send({ birthday: "1988-02-29" })
    .expect(200);
  const find = (query: string) =>
    request(example.app).get(`/users?${query}`).auth(adminKey, { type: "bearer" });
  const { body } = await find("public.birthday=1988-02-29").expect(200);
  expect(body.users).toMatchObject([{ userId: "birthday-child" }]);
  await find("public.plan=pro").expect(501);
});
