import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { tokenIssuer } from "@usermeta/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makePlace, type Place, type Served } from "./command.ts";

const CLIENTS = join(import.meta.dirname, "../../../examples/clients");
const KEY = "an-admin-key-of-the-tests";
const WHO = { issuer: "https://issuer.test", audience: "app" };

let place: Place;
let jwks: Server;
let served: Served;
let token: string;

beforeAll(async () => {
  place = makePlace();
  const issuer = tokenIssuer(WHO);
  token = await issuer.sign("user_123");
  jwks = createServer(async (_, response) => response.end(JSON.stringify(await issuer.jwks())));
  await once(jwks.listen(0, "127.0.0.1"), "listening");
  const { port } = jwks.address() as AddressInfo;
  writeFileSync(join(place.folder, "keys"), KEY);
  served = await place.serve([
    ...["--port", "0", "--admin-key-file", "keys", "--dialects", "native,clerk,supertokens,bizzkit"],
    ...["--sessions", `jwks:http://127.0.0.1:${port}/`],
    ...["--session-issuer", WHO.issuer, "--session-audience", WHO.audience],
  ]);
});
afterAll(async () => {
  await place.remove();
  await jwks[Symbol.asyncDispose]();
});

/** The first `go run` of a machine compiles the standard library. */
const COMPILING_MS = 240_000;

const isThere = (command: string, ...args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

const clients = [
  { name: "curl", command: "sh", args: ["client.sh"], there: isThere("curl", "--version") },
  { name: "Python", command: "python3", args: ["client.py"], there: isThere("python3", "--version") },
  { name: "Go", command: "go", args: ["run", "client.go"], there: isThere("go", "version") },
  { name: "Ruby", command: "ruby", args: ["client.rb"], there: isThere("ruby", "--version") },
];

for (const { name, command, args, there } of clients) {
  test.skipIf(!there)(
    `${name} makes the sample calls`,
    async () => {
      await place.run(["clear", "user_123"]);
      await place.run(["clear", "jane.doe@example.com"]);
      const env = {
        ...process.env,
        USERMETA_URL: served.url,
        USERMETA_ADMIN_KEY: KEY,
        USERMETA_TOKEN: token,
      };
      const { stdout } = await promisify(execFile)(command, args, { cwd: CLIENTS, env });
      const answers: unknown[] = stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line));
      const record = { key: "profile-theme", value: "Dark Mode", profileClaim: true };
      expect(answers).toMatchObject([
        { message: "successfully updated user metadata", unsafeMetadata: { newKey: "data" } },
        { publicMetadata: { birthday: "1990-01-01" }, privateMetadata: { stripeId: "cus_123" } },
        { object: "user", public_metadata: { birthday: "1990-01-01", example: "metadata" } },
        { status: "OK", metadata: { stripeId: "cus_123", notifications: { sms: true } } },
        record,
        { metadata: [record] },
      ]);
    },
    COMPILING_MS,
  );
}
