/** Makes the script tag's file, `dist/usermeta.js` or the one it is given: renamed into place, for others may be packing. */
import { rename } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const outfile = process.argv[2] ?? fileURLToPath(new URL("dist/usermeta.js", import.meta.url));
const partial = `${outfile}.${process.pid}`;
await build({
  entryPoints: [fileURLToPath(new URL("src/index.ts", import.meta.url))],
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "usermeta",
  target: "es2023",
  outfile: partial,
});
await rename(partial, outfile);
