import { writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { createUserMetadata, type ErasureReceipt, type UserExport, type WholeEntry } from "@usermeta/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BACKENDS } from "./backends.ts";
import { makePlace, type Place, type Ran } from "./command.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const operator = { kind: "admin", id: userInfo().username, via: "cli" };

describe.each(BACKENDS)("the history in $title", ({ env, open }) => {
  const run = (args: readonly string[], extra: Record<string, string> = {}): Promise<Ran> =>
    place.run(args, { env: { ...env("usermeta"), ...extra } });
  const write = async (args: readonly string[]): Promise<number> => {
    const { code, stdout, stderr } = await run([...args, "--history"]);
    expect(code, stderr).toBe(0);
    return stdout === "" ? 0 : (JSON.parse(stdout) as { version: number }).version;
  };
  const entriesOf = async (args: readonly string[]): Promise<readonly WholeEntry[]> => {
    const { code, stdout, stderr } = await run(["history", ...args]);
    expect([code, stderr]).toEqual([0, ""]);
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as WholeEntry);
  };
  const json = async (args: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await run(args);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  };

  /** Jane's first version, and the second, in which a secret has changed. */
  const writeTwice = async (): Promise<readonly [first: number, second: number]> => {
    const metadata = createUserMetadata({ store: await open(place.folder, "usermeta"), history: {} });
    const plan = (value: string) => ({ op: "add", path: "/publicMetadata/plan", value }) as const;
    const flag = { op: "add", path: "/claims/-", value: "plan" } as const;
    const secret = { op: "add", path: "/privateMetadata/stripe", value: "cus_1" } as const;
    const first = await metadata.patchUserMetadata("jane", [plan("free"), flag]);
    const second = await metadata.patchUserMetadata("jane", [plan("pro"), secret]);
    await metadata.close();
    return [first.version, second.version];
  };

  test("who writes is the user of the operating system, by the command line, for the reason that is given", async () => {
    const first = await write(["set", "jane", '{"publicMetadata":{"plan":"free"}}']);
    const change = '{"publicMetadata":{"plan":"pro"},"privateMetadata":{"stripe":"cus_1"}}';
    const second = await write(["patch", "jane", change, "--reason", "paid – 日本"]);
    await write(["clear", "jane", "--reason", "left"]);
    const [cleared, changed, made] = await entriesOf(["jane"]);
    expect(made).toMatchObject({ action: "update", version: first, previous: 0, by: operator });
    expect(changed).toMatchObject({ version: second, previous: first, by: operator, reason: "paid – 日本" });
    expect(changed?.changes).toContainEqual({
      op: "replace",
      path: "/publicMetadata/plan",
      value: "pro",
      was: "free",
    });
    expect(changed?.changes).toContainEqual({ op: "add", path: "/privateMetadata/stripe", value: "cus_1" });
    expect(cleared).toMatchObject({ action: "clear", by: operator, reason: "left" });
  });

  test("a container's user without a name is unknown", async () => {
    const withoutName =
      "import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';" +
      "os.userInfo = () => { throw new Error('no entry'); }; syncBuiltinESMExports();";
    const { code } = await place.run(["set", "jane", '{"publicMetadata":{"a":1}}', "--history"], {
      env: env("usermeta"),
      nodeOptions: ["--import", `data:text/javascript,${encodeURIComponent(withoutName)}`],
    });
    expect(code).toBe(0);
    expect((await entriesOf(["jane"]))[0]?.by).toEqual({ kind: "admin", id: "unknown", via: "cli" });
  });

  test.each([
    ["the flag", ["--history"], {}, 1],
    ["the variable", [], { USERMETA_HISTORY: "on" }, 1],
    ["the variable that says no", [], { USERMETA_HISTORY: "off" }, 0],
    ["nothing", [], {}, 0],
  ])("by %s a command keeps the history or not", async (_, flags, extra, kept) => {
    await run(["set", "jane", '{"publicMetadata":{"a":1}}', ...flags], extra as Record<string, string>);
    expect(await entriesOf(["jane"])).toHaveLength(kept);
  });

  test("old versions are read by version and by time, and compared", async () => {
    const [first, second] = await writeTwice();
    expect(await json(["get", "jane", "--version", String(first)])).toMatchObject({
      publicMetadata: { plan: "free" },
      privateMetadata: {},
      claims: ["plan"],
      version: first,
    });
    const at = new Date(second - 1).toISOString();
    expect(await json(["get", "jane", "--at", at])).toMatchObject({ version: first });
    expect(await json(["get", "jane", "--at", String(second)])).toMatchObject({ version: second });
    const whole = [
      { op: "replace", path: "/publicMetadata/plan", value: "pro", was: "free" },
      { op: "add", path: "/privateMetadata/stripe", value: "cus_1" },
    ];
    expect(await json(["diff", "jane", String(first), String(second)])).toEqual(whole);
    expect(await json(["diff", "jane", String(first), String(second), "--tiers", "private"])).toEqual([
      whole[1],
    ]);
  });

  test("what diff prints is what patch takes", async () => {
    const [first, second] = await writeTwice();
    const { stdout } = await run(["diff", "jane", String(second), String(first)]);
    const patched = await place.run(["patch", "jane"], { env: env("usermeta"), input: stdout });
    expect(JSON.parse(patched.stdout)).toMatchObject({
      publicMetadata: { plan: "free" },
      privateMetadata: {},
    });
  });

  test("rollback writes a new version that equals an old one, whole or by tiers", async () => {
    const [first, second] = await writeTwice();
    const third = await write(["rollback", "jane", String(first), "--tiers", "public", "--reason", "refund"]);
    expect(await json(["get", "jane"])).toMatchObject({
      publicMetadata: { plan: "free" },
      privateMetadata: { stripe: "cus_1" },
      version: third,
    });
    const refused = await run(["rollback", "jane", String(second), "--if-version", String(second)]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("(version_mismatch)") });
    // It is told whatever the config says: what is put back belongs to the history.
    expect((await run(["rollback", "jane", String(first)])).code).toBe(0);
    const [whole, part] = await entriesOf(["jane"]);
    expect(whole).toMatchObject({ action: "rollback", restored: first, previous: third, by: operator });
    expect(part).toMatchObject({ action: "rollback", restored: first, version: third, reason: "refund" });
    expect(await json(["get", "jane"])).toMatchObject({
      publicMetadata: { plan: "free" },
      privateMetadata: {},
    });
  });

  test("a history is read page by page up to the limit, by tier and by actor", async () => {
    const metadata = createUserMetadata({ store: await open(place.folder, "usermeta"), history: {} });
    for (let count = 1; count <= 1203; count += 1) {
      const isPrivate = count % 100 === 0;
      await metadata.updateUserMetadata(
        "jane",
        { [isPrivate ? "privateMetadata" : "publicMetadata"]: { count } },
        { by: isPrivate ? "billing" : "counter" },
      );
    }
    await metadata.close();
    const all = await entriesOf(["jane"]);
    expect(all).toHaveLength(1203);
    expect(new Set(all.map(({ version }) => version)).size).toBe(1203);
    expect(await entriesOf(["jane", "--limit", "601"])).toEqual(all.slice(0, 601));
    const isBilling = ({ by }: WholeEntry): boolean => by.id === "billing";
    expect(await entriesOf(["jane", "--tier", "private"])).toEqual(all.filter(isBilling));
    expect(await entriesOf(["jane", "--actor", "billing", "--limit", "5"])).toEqual(
      all.filter(isBilling).slice(0, 5),
    );
    expect(await entriesOf(["jane", "--actor", "nobody"])).toEqual([]);
  });

  test("erase wants to be sure, prints the receipt, and prints it again", async () => {
    await writeTwice();
    const unsure = await run(["erase", "jane"]);
    expect(unsure).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("--yes") });
    expect(await entriesOf(["jane"])).toHaveLength(2);
    const receipt = (await json(["erase", "jane", "--yes", "--reason", "ticket 7"])) as ErasureReceipt;
    expect(receipt).toMatchObject({ entries: 2, by: operator, reason: "ticket 7" });
    for (const command of ["get", "history", "export-user"])
      expect(await run([command, "jane"])).toMatchObject({ code: 2, stdout: "" });
    expect(await json(["erase", "jane", "--yes"])).toEqual(receipt);
    expect(await run(["erase", "joe", "--yes"])).toMatchObject({ code: 2, stdout: "" });
  });

  test("export-user prints all that is stored of one user", async () => {
    const [first, second] = await writeTwice();
    const all = (await json(["export-user", "jane"])) as UserExport;
    expect(all).toMatchObject({ userId: "jane", privateMetadata: { stripe: "cus_1" }, version: second });
    expect(all.history.map(({ version }) => version)).toEqual([second, first]);
  });

  test("nothing is known of a user: exit code 2", async () => {
    await writeTwice();
    const commands = [
      ["history", "joe"],
      ["diff", "joe", "0", "7"],
      ["get", "joe", "--version", "7"],
      ["get", "joe", "--at", "2020-01-01T00:00:00Z"],
      ["rollback", "joe", "7"],
      ["export-user", "joe"],
    ];
    for (const args of commands) {
      const told = expect.stringContaining("(user_not_found)");
      expect(await run(args), args.join(" ")).toEqual({ code: 2, stdout: "", stderr: told });
    }
  });

  test("what cannot be answered is refused, and nothing is written", async () => {
    await writeTwice();
    const commands: readonly (readonly [args: readonly string[], told: string])[] = [
      [["get", "jane", "--version", "7"], "(version_unknown)"],
      [["rollback", "jane", "7"], "(version_unknown)"],
      [["get", "jane", "--at", "noon"], "(query_invalid)"],
      [["get", "jane", "--version", "7", "--at", "1"], "(query_invalid)"],
      [["diff", "jane", "1", "2", "--tiers", "public,secret"], "public, private, unsafe"],
      [["diff", "jane", "one", "2"], "Give a version of the history."],
      [["history", "jane", "--limit", "0"], "Give a number above 0."],
      [["clear", "jane", "--reason", ""], "Give 1 to 256 characters"],
      [["clear", "jane", "--reason", "a\nb"], "without control characters"],
      [["set", "jane", "{}", "--history=yes"], "--history"],
    ];
    for (const [args, told] of commands) {
      const stderr = expect.stringContaining(told);
      expect(await run(args), args.join(" ")).toEqual({ code: 1, stdout: "", stderr });
    }
    expect(await run(["get", "jane"], { USERMETA_HISTORY: "yes" })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('USERMETA_HISTORY is "yes". Give on or off.'),
    });
    expect(await json(["get", "jane"])).toMatchObject({ publicMetadata: { plan: "pro" } });
  });

  test("whoever reads a history may stop before its end", async () => {
    await writeTwice();
    const child = place.spawn(["history", "jane"], { env: env("usermeta") });
    child.stdout?.destroy();
    let told = "";
    child.stderr?.on("data", (text: Buffer) => {
      told += text.toString();
    });
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
    expect(told).toBe("");
  });
});

const configure = (text: string): Promise<void> => writeFile(join(place.folder, "usermeta.config.js"), text);

test("a store without a journal is told, and nothing is written", async () => {
  await configure(`export default { store: {
    read: async (ids) => ids.map(() => undefined), write: async () => process.exit(9),
    find: async () => [], count: async () => 0,
  } };`);
  const commands = [
    ...[
      ["history", "jane"],
      ["export-user", "jane"],
      ["rollback", "jane", "7"],
      ["erase", "jane", "--yes"],
    ],
    ...[
      ["set", "jane", "{}", "--history"],
      ["export", "--history"],
      ["import", "--history"],
    ],
  ];
  for (const args of commands)
    expect(await place.run(args), args.join(" ")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("journal"),
    });
});

test("a command that writes trims none of what a server keeps", async () => {
  await configure(`
    import { memoryStore } from ${JSON.stringify(import.meta.resolve("@usermeta/core"))};
    const memory = memoryStore();
    const trimmed = Promise.withResolvers();
    const trim = async (before) => { trimmed.resolve(before); return 0; };
    const write = async (changes) => {
      process.stderr.write(String(await trimmed.promise));
      return memory.write(changes);
    };
    export default { store: { ...memory, write, journal: { ...memory.journal, trim } }, history: { keepDays: 1 } };`);
  const { stderr } = await place.run(["patch", "jane", '{"unsafeMetadata":{"a":1}}']);
  expect(Number(stderr)).toBeLessThan(Date.parse("1970-01-01"));
});
