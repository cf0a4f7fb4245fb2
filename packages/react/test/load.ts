import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const require = createRequire(import.meta.url);
// Its types would bring those of the DOM into every test of the workspace, by way of vitest.
const { JSDOM }: { JSDOM: new (html: string) => { window: Window } } = require("jsdom");

/** The fixture, around one version of React. */
export type Fixture = typeof import("./fixture.ts");

/** Makes a page, and loads the fixture with React and React DOM by these names of package.json. */
export const load = async (react: string, reactDom: string): Promise<Fixture> => {
  const { window } = new JSDOM("<!doctype html><div id=root></div>");
  Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
  const folder = mkdtempSync(join(tmpdir(), "usermeta-react-"));
  const outfile = join(folder, "fixture.cjs");
  await build({
    absWorkingDir: join(import.meta.dirname, ".."),
    entryPoints: [join(import.meta.dirname, "fixture.ts")],
    bundle: true,
    format: "cjs",
    platform: "node",
    alias: { react, "react-dom": reactDom },
    define: { "process.env.NODE_ENV": '"development"' },
    outfile,
  });
  const fixture: Fixture = require(outfile);
  rmSync(folder, { recursive: true });
  return fixture;
};
