import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makePlace, type Place } from "./command.ts";

const FIXTURE = join(import.meta.dirname, "fixture/usermeta.config.ts");

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

test.each<[string, string[], Record<string, string>, string]>([
  ["an unknown flag", ["serve", "--prot", "1"], {}, "Did you mean --port?"],
  ["an unknown command", ["sevre"], {}, "Did you mean serve?"],
  ["an unknown command with --help", ["sevre", "--help"], {}, "Did you mean serve?"],
  ["an unknown command after -h", ["-h", "sevre"], {}, "Did you mean serve?"],
  ["help on an unknown command", ["help", "sevre"], {}, "Did you mean serve?"],
  [
    "the key as a flag, where every user of the machine could see it",
    ["serve", "--admin-key", "x"],
    {},
    "--admin-key-file",
  ],
  ["a port that is not valid", ["serve", "--port", "80.5"], {}, "Give a whole number from 0 to 65535."],
  ["a port beyond the last", ["serve"], { USERMETA_PORT: "65536" }, "from env 'USERMETA_PORT'"],
  ["the port that Kubernetes sets", ["serve"], { USERMETA_PORT: "tcp://10.0.0.1:80" }, "enableServiceLinks"],
  ["a dialect that is not valid", ["serve", "--dialects", "native,clrek"], {}, "Did you mean clerk?"],
  ["a rate that is not valid", ["serve", "--rate-limit", "100"], {}, "6000/60s"],
  ["a prefix that is not a path", ["serve", "--prefix", "auth/"], {}, "/auth"],
  ["a log level that is not valid", ["serve", "--log-level", "warning"], {}, "Did you mean warn?"],
  ["a proxy that is not valid", ["serve", "--trust-proxy", "my-proxy"], {}, "10.0.0.0/8"],
  [
    "a version that is not valid",
    ["clear", "jane", "--if-version", "seven"],
    {},
    "Give the version of an earlier",
  ],
  ["days of a history that is not kept", ["serve", "--history-days", "7"], {}, "give --history too"],
  ["no day of a history", ["serve"], { USERMETA_HISTORY_DAYS: "0" }, "Give a whole number from 1 to 36500."],
  ["a history that is neither on nor off", ["serve"], { USERMETA_HISTORY: "1" }, "Give on or off."],
  ["a store of an unknown kind", ["serve", "--store", "sqllite:a.db"], {}, "Did you mean sqlite?"],
  ["a store without a kind", ["get", "jane", "--store", "a.db"], {}, "sqlite:usermeta.db"],
  [
    "a store that cannot be opened",
    ["set", "jane", "{}", "--store", "sqlite:no/where.db"],
    {},
    "(store_unavailable)",
  ],
  ["a JWKS on its way in the clear", ["serve", "--sessions", "jwks:http://a.test/k"], {}, "https"],
  ["sessions that are not JWKS", ["serve", "--sessions", "https://a.test/k"], {}, "jwks:https://"],
  [
    "sessions without an issuer",
    ["serve", "--sessions", "jwks:https://a.test/k"],
    {},
    "--session-issuer https://a.test",
  ],
  ["an issuer without sessions", ["serve", "--session-issuer", "x"], {}, "jwks:https://"],
  ["a key file that is not there", ["serve", "--admin-key-file", "keys"], {}, "ENOENT"],
  ["a rate for admin keys that is not valid", ["serve", "--admin-rate-limit", "fast"], {}, "6000/60s"],
  ["a key with a line break", ["serve"], { USERMETA_ADMIN_KEY: "key-of-a-server-1\n" }, "ends with a blank"],
  [
    "a key that is not ASCII",
    ["serve"],
    { USERMETA_ADMIN_KEY: "schlüssel-eines-servers" },
    "not printable ASCII",
  ],
  ["a blank key", ["serve"], { USERMETA_ADMIN_KEY: " ".repeat(20) }, "begins or ends with a blank"],
  ["a short key", ["serve"], { USERMETA_ADMIN_KEY: "short" }, "16 characters"],
  ["a config file that is not there", ["serve", "--config", "nowhere.ts"], {}, "nowhere.ts"],
])("%s is refused, and told what to write instead", async (_, args, env, told) => {
  const { code, stdout, stderr } = await place.run(args, { env });
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(told);
  expect(stderr).not.toMatch(/^ +at /m);
});

test.each([
  [
    "a setting that is not valid",
    "export default { prot: 1 };",
    '"prot" is not a setting. Did you mean port?',
  ],
  ["a value that is not valid", "export default { port: 'abc' };", 'port is "abc". Give a whole number'],
  ["no default export", "export const port = 1;", "export default defineConfig("],
  ["code that fails", "throw new Error('no such thing');", "cannot be loaded: no such thing"],
  [
    "an option that the engine refuses",
    "export default { limits: { maxDepth: 0 } };",
    "limits.maxDepth is 0",
  ],
  [
    "a history that is a number",
    "export default { history: 1 };",
    "history is 1. Give on or off; in the config",
  ],
  [
    "a history with an unknown option",
    "export default { store: 'memory:', history: { days: 1 } };",
    "history.days is not an option",
  ],
  ["a cache of nobody", "export default { cache: { maxUsers: 0 } };", "cache.maxUsers is 0"],
])("a config file with %s is refused", async (_, text, told) => {
  writeFileSync(join(place.folder, "usermeta.config.ts"), text);
  const { code, stderr } = await place.run(["set", "jane", "{}"]);
  expect(code).toBe(1);
  expect(stderr).toContain(told);
});

test("no message holds the password of a store's address", async () => {
  const { stderr } = await place.run(["serve", "--store", "postgress://me:hunter2-secret@db.test/app"]);
  expect(stderr).toContain("postgress://db.test/app");
  expect(stderr).not.toContain("hunter2-secret");
});

test("a key file's short line is told by its number and not by its text", async () => {
  writeFileSync(join(place.folder, "keys"), "# since May\n0123456789abcdef\nbrief-key\n");
  const { stderr } = await place.run(["serve", "--admin-key-file", "keys"]);
  expect(stderr).toContain("keys, line 3, is too short");
  expect(stderr).not.toContain("brief-key");
});

test("the config file gives settings, keys, schemas and limits; a variable goes before it, and a flag before that", async () => {
  const env = { USERMETA_STORE: "sqlite:variable.db", USERMETA_CONFIG: FIXTURE };
  const stores = async (args: readonly string[], given: Record<string, string>) => {
    const served = await place.serve(args, { env: given });
    const { log } = await served.stop().then(() => served);
    return log().find(({ msg }) => msg === "listening")?.store;
  };
  expect(await stores(["--config", FIXTURE], {})).toBe("sqlite:configured.db");
  expect(await stores([], env)).toBe("sqlite:variable.db");
  expect(await stores(["--store", "sqlite:flag.db"], env)).toBe("sqlite:flag.db");

  const { url } = await place.serve(["--config", FIXTURE]);
  const put = async (body: object) => {
    const headers = { authorization: "Bearer a-key-of-the-config-file", "content-type": "application/json" };
    const answer = await fetch(`${url}/users/jane/metadata`, {
      method: "PUT",
      headers,
      body: JSON.stringify(body),
    });
    return [answer.status, ((await answer.json()) as { code?: string }).code];
  };
  expect(await put({ unsafeMetadata: { theme: "dark" } })).toEqual([200, undefined]);
  expect(await put({ unsafeMetadata: { theme: "drak" } })).toEqual([422, "schema_mismatch"]);
  expect(await put({ publicMetadata: { long: "x".repeat(100) } })).toEqual([422, "tier_too_large"]);
});

test("a variable that begins as ours do and means nothing is told; what Kubernetes sets is not", async () => {
  const env = {
    USERMETA_SORE: "x",
    USERMETA_SERVICE_HOST: "10.0.0.1",
    USERMETA_PORT_80_TCP: "tcp://10.0.0.1:80",
  };
  const { log } = await place.serve(["--port", "0"], { env });
  const told = log().flatMap(({ level, msg }) => (level === "warn" ? [String(msg)] : []));
  expect(told.filter((text) => text.includes("is not read"))).toEqual([
    "USERMETA_SORE is not read. Did you mean USERMETA_STORE?",
  ]);
});
