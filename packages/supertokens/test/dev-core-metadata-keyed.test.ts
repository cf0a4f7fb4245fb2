import { startDevCore } from "@usermeta/supertokens/dev-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Connection, describeMetadata, initMetadata } from "./dev-core-metadata.ts";

const apiKey = "api-key-of-the-tests";
let core: Awaited<ReturnType<typeof startDevCore>>;
const connection = (): Connection => ({ connectionURI: `${core.url}/appid-shop`, apiKey });

beforeAll(async () => {
  core = await startDevCore({ port: 0, apiKey, appId: "shop" });
  initMetadata(connection());
});
afterAll(() => core?.close());

describe("with an API key and an app prefix", () => describeMetadata(connection));

test.each(["", "another-key-of-the-tests"])("nothing is answered to the key %j", async (key) => {
  const paths = [
    "/recipe/user/metadata?userId=jane",
    "/apiversion",
    "/user/id?userId=jane",
    "/recipe/session?sessionHandle=x",
  ];
  for (const path of paths) {
    const response = await fetch(core.url + path, { headers: { "api-key": key } });
    expect([response.status, await response.text()]).toEqual([401, "Invalid API key"]);
  }
});

test("keys to verify tokens with, and liveness, need none", async () => {
  const jwks = await fetch(`${core.url}/appid-shop/.well-known/jwks.json`);
  expect(jwks.status).toBe(200);
  expect(await (await fetch(`${core.url}/hello`)).text()).toBe("Hello");
});
