import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installed, installInto, PUBLISHED, packAll, run } from "./packed.ts";

/** Every entry point that is published, by the name an app imports it with. */
const ENTRIES = PUBLISHED.flatMap(({ manifest }) =>
  Object.keys(manifest.exports ?? {}).map((path) => manifest.name + path.slice(1)),
);

const SETTINGS = {
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};

let all: Awaited<ReturnType<typeof packAll>>;
let app: string;

beforeAll(async () => {
  all = await packAll();
  app = join(all.folder, "app");
  mkdirSync(app);
  await installInto(app, all.packed);
  writeFileSync(join(app, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const imports = ENTRIES.map((entry, index) => `import * as entry${index} from "${entry}";`);
  const uses = ENTRIES.map((_, index) => `entry${index}`).join(", ");
  writeFileSync(
    join(app, "app.ts"),
    `${imports.join("\n")}
import { type ErrorCode, UserMetadataError } from "@usermeta/core";
const code: ErrorCode = new UserMetadataError("internal_error", "a message").code;
// @ts-expect-error A type that does not resolve would be any, and take everything.
const wrong: ErrorCode = "no such code";
export const names: readonly string[] = [${uses}].flatMap((entry) => Object.keys(entry)).concat(code, wrong);
`,
  );
});
afterAll(() => all?.remove());

const isOurs = (line: string): boolean => /^(app\.ts|\S*node_modules\/@usermeta\/)/.test(line);

test.each(Object.entries(SETTINGS))(
  "an app with %s compiles against the packages",
  async (name, settings) => {
    const compilerOptions = {
      ...settings,
      target: "es2023",
      lib: ["es2024", "dom"],
      types: ["node"],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
    };
    const config = join(app, `tsconfig.${name}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ["app.ts"] }));
    // Some frameworks' own declarations do not hold to these settings; ours and the app's must.
    const output = await run(installed("tsc"), ["-p", config, "--pretty", "false"], app).catch(String);
    expect(
      output
        .split("\n")
        .filter((line) => /^\S+\(\d+,\d+\): error/.test(line))
        .filter(isOurs),
    ).toEqual([]);
  },
);

test.each(ENTRIES)("Node imports and requires %s", async (entry) => {
  const imported = `console.log(Object.keys(await import("${entry}")).join())`;
  const required = `console.log(Object.keys(require("${entry}")).join())`;
  const names = await run(process.execPath, ["--input-type=module", "-e", imported], app);
  expect(names.trim()).not.toBe("");
  expect(await run(process.execPath, ["--input-type=commonjs", "-e", required], app)).toBe(names);
});

test("the command of the packed server serves, in an empty folder", async () => {
  const cwd = join(all.folder, "empty");
  mkdirSync(cwd);
  const { bin } = PUBLISHED.find(({ folder }) => folder === "server")?.manifest.publishConfig ?? {};
  const command = join(app, "node_modules/@usermeta/server", bin?.usermeta ?? "");
  const child: ChildProcess = spawn(process.execPath, [command, "serve", "--port", "0"], { cwd });
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => log.push(String(text)));
  const ended = once(child, "close");
  const url = () => /"url":"([^"]+)".*"listening"/.exec(log.join(""))?.[1];
  while (url() === undefined && child.exitCode === null)
    await Promise.race([once(child.stdout ?? child, "data"), ended]);
  const ready = await fetch(`${url()}/readyz`).catch((error) =>
    Promise.reject(new Error(log.join(""), { cause: error })),
  );
  expect(await ready.text()).toBe("ready\n");
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});
