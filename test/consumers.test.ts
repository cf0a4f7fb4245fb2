/** The packages as they would be published, and apps of several kinds that install them: compiled, then run. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUILD_MS, checkTarball, installInto, link, PUBLISHED, packAll, run } from "./packed.ts";
import { ROOT } from "./source.ts";

/** Every entry point that is published, by the name an app imports it with. */
const ENTRIES = PUBLISHED.flatMap(({ manifest }) =>
  Object.keys(manifest.exports ?? {}).map((path) => manifest.name + path.slice(1)),
);
const FIXTURES = join(import.meta.dirname, "consumers");
/** What the fixtures need beside the packages and their peers. */
const BESIDE =
  "express-session @types/express-session @fastify/session @types/koa-session @types/express @types/koa jest " +
  "@babel/plugin-transform-modules-commonjs babel-plugin-transform-import-meta";

let all: Awaited<ReturnType<typeof packAll>>;
let app: string;

/** Imports every entry point, and fails to compile if a type is not found. */
const importAll = (): string => {
  const imports = ENTRIES.map((entry, index) => `import * as entry${index} from "${entry}";`);
  const uses = ENTRIES.map((_, index) => `entry${index}`).join(", ");
  return `${imports.join("\n")}
import { type ErrorCode, UserMetadataError } from "@usermeta/core";
const code: ErrorCode = new UserMetadataError("internal_error", "a message").code;
// @ts-expect-error A type that does not resolve would be any, and take everything.
const wrong: ErrorCode = "no such code";
export const names: readonly string[] = [${uses}].flatMap((entry) => Object.keys(entry)).concat(code, wrong);
`;
};

beforeAll(async () => {
  all = await packAll();
  app = join(all.folder, "app");
  mkdirSync(app);
  await installInto(app, all.packed);
  for (const name of BESIDE.split(" ")) link(app, name, join(ROOT, "test"));
  link(app, "tslib", join(ROOT, "examples/loopback"));
  writeFileSync(join(app, "package.json"), JSON.stringify({ private: true, type: "module" }));
  cpSync(FIXTURES, app, { recursive: true });
  writeFileSync(join(app, "app.ts"), importAll());
  writeFileSync(join(app, "commonjs/all.ts"), importAll());
  writeFileSync(join(app, "commonjs/package.json"), JSON.stringify({ private: true }));
}, BUILD_MS);
afterAll(() => all?.remove());

describe.each(PUBLISHED)("$folder as it would be published", ({ folder }) => {
  const tarball = () => all.packed.find((each) => each.folder === folder)?.tarball ?? "";

  test("publint and attw find nothing", () => checkTarball(tarball()));

  test("holds the build, and neither sources nor tests", async () => {
    const files = (await run("tar", ["-tzf", tarball()], ROOT)).trim().split("\n");
    expect(files).toContain("package/dist/index.js");
    expect(files).toContain("package/dist/index.d.ts");
    expect(files).toContain("package/dist/commonjs/index.d.ts");
    const meant =
      /^package\/(package\.json|README\.md|LICENSE|dist\/.+\.(js|d\.ts)|dist\/commonjs\/package\.json)$/;
    expect(files.filter((file) => !meant.test(file))).toEqual([]);
  });
});

interface Project {
  readonly folder?: string;
  readonly files: readonly string[];
  readonly compilerOptions?: object;
  readonly extends?: string;
}

/** Compiles a program of the app; what a compiler finds in the app's own files and in our declarations. */
const compile = async (name: string, compiler: string, { folder = ".", ...project }: Project) => {
  const file = join(app, folder, `tsconfig.${name}.json`);
  const { compilerOptions = {}, ...rest } = project;
  const options = {
    types: ["node"],
    target: "es2022",
    strict: true,
    skipLibCheck: false,
    ...compilerOptions,
  };
  writeFileSync(file, JSON.stringify({ ...rest, compilerOptions: options }));
  const output = await run(process.execPath, [compiler, "-p", file, "--pretty", "false"], app).catch(String);
  // Some frameworks' own declarations do not hold to these settings; ours and the app's must.
  // Nest 12 is ESM alone, so that none of its apps is CommonJS by node16.
  const errors = output.split("\n").filter((line) => /error TS\d+/.test(line) && !line.includes("@nestjs/"));
  return errors.filter(
    (line) => !/^\S+\(\d+,\d+\)/.test(line) || !/^\S*node_modules\/(?!@usermeta\/)/.test(line),
  );
};

const TYPESCRIPT = join(ROOT, "node_modules/typescript/bin/tsc");
const LOOPBACK = join(ROOT, "examples/loopback");
const LOOPBACK_TYPESCRIPT = join(LOOPBACK, "node_modules/typescript/bin/tsc");

test.each([
  ["nodenext", { module: "nodenext", moduleResolution: "nodenext" }],
  ["bundler", { module: "esnext", moduleResolution: "bundler" }],
])("an app with %s compiles, and passes undefined wherever it may", async (name, settings) => {
  const lib = ["es2024", "dom"];
  const compilerOptions = { ...settings, lib, exactOptionalPropertyTypes: true, noEmit: true };
  expect(await compile(name, TYPESCRIPT, { files: ["app.ts", "undefined.ts"], compilerOptions })).toEqual([]);
});

test("what passes undefined wherever it may runs", async () => {
  expect(await run(process.execPath, ["undefined.ts"], app)).toBe("done\n");
});

test.each([
  ["ours before theirs", ["ours.ts", "theirs.ts", "app.ts"]],
  ["theirs before ours", ["theirs.ts", "ours.ts", "app.ts"]],
])("sessions of other plugins keep their types: %s", async (_, files) => {
  const compilerOptions = { module: "nodenext", lib: ["es2024", "dom"], noEmit: true };
  expect(await compile("sessions", TYPESCRIPT, { folder: "sessions", files, compilerOptions })).toEqual([]);
});

const FILES = { folder: "commonjs", files: ["main.ts", "all.ts"] };

test.each([
  ["node16", TYPESCRIPT, { ...FILES, compilerOptions: { module: "node16", outDir: "dist" } }],
  ["nodenext", TYPESCRIPT, { ...FILES, compilerOptions: { module: "nodenext", outDir: "dist" } }],
  [
    "LoopBack's own tsconfig",
    LOOPBACK_TYPESCRIPT,
    {
      ...FILES,
      extends: join(LOOPBACK, "node_modules/@loopback/build/config/tsconfig.common.json"),
      compilerOptions: { outDir: "dist", incremental: false, skipLibCheck: true },
    },
  ],
])("TypeScript that compiles to CommonJS with %s: it compiles and runs", async (name, compiler, project) => {
  expect(await compile(name.replace(/\W/g, ""), compiler, project)).toEqual([]);
  expect(await run(process.execPath, ["dist/main.js"], join(app, "commonjs"))).toBe('{"userId":"jane"}\n');
});

describe("Jest, set as docs/typescript.md says", () => {
  const page = readFileSync(join(ROOT, "docs/typescript.md"), "utf8");
  const jest = async (config: string, ...flags: readonly string[]): Promise<string> => {
    const folder = join(app, "jest");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
    writeFileSync(join(folder, "jest.config.js"), config);
    cpSync(join(app, "app.jest.js"), join(folder, "app.test.js"));
    const command = join(app, "node_modules/jest/bin/jest.js");
    return run(process.execPath, [...flags, command, "--json", "--no-cache"], folder);
  };

  test("compiles the packages to CommonJS", async () => {
    const [, config = ""] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
    expect(JSON.parse(await jest(config))).toMatchObject({ numPassedTests: 1, numFailedTests: 0 });
  });
});

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
