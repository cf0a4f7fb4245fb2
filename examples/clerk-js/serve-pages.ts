import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import express, { type Router } from "express";

const PAGES = join(import.meta.dirname, "pages");
// clerk-js styles its components with <style>, and refreshes tokens in a worker that it makes of a blob.
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; worker-src blob:; img-src 'self' data:; frame-ancestors 'none'";

/** The folder of a package's scripts for browsers: they come from here, not from a CDN. */
const scriptsOf = (name: string): string => dirname(fileURLToPath(import.meta.resolve(name)));

/** The same form, built for both SDKs. */
const SDKS = { "5": "@clerk/clerk-react", "6": "@clerk/react" } as const;

/** The pages: `/` with React, `/script-tag` without it; with `?sdk=5` each has the older version of Clerk's scripts. */
export const servePages = async (): Promise<Router> => {
  const router = express.Router();
  router.use((_request, response, next) => {
    response.set({ "content-security-policy": POLICY, "x-content-type-options": "nosniff" });
    next();
  });
  // A script loads its parts by its whole version.
  router.use(/^\/npm\/@clerk\/clerk-js@6[.\d]*\/dist/, express.static(scriptsOf("@clerk/clerk-js")));
  router.use(/^\/npm\/@clerk\/clerk-js@5[.\d]*\/dist/, express.static(scriptsOf("clerk-js-5")));
  for (const [version, sdk] of Object.entries(SDKS)) {
    const script = await buildScript(version, sdk);
    router.get(`/react-${version}.js`, (_request, response) => void response.type("js").send(script));
  }
  for (const [path, file] of [
    ["/", "index.html"],
    ["/script-tag", "script-tag.html"],
  ] as const) {
    const page = await readFile(join(PAGES, file), "utf8");
    router.get(path, ({ query }, response) => {
      const version = query.sdk === "5" ? "5" : "6";
      response.type("html").send(page.replaceAll("{{version}}", version));
    });
  }
  router.get("/script-tag.js", (_request, response) => response.sendFile(join(PAGES, "script-tag.js")));
  return router;
};

const buildScript = async (version: string, sdk: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [join(PAGES, "main.tsx")],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2023",
    jsx: "automatic",
    absWorkingDir: import.meta.dirname,
    alias: { "@clerk/clerk-react": sdk },
    define: {
      "process.env.NODE_ENV": '"production"',
      CLERK_JS_URL: JSON.stringify(`/npm/@clerk/clerk-js@${version}/dist/clerk.browser.js`),
    },
    write: false,
  });
  return outputFiles[0]?.text ?? "";
};
