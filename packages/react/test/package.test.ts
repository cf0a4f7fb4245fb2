import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const folder = join(import.meta.dirname, "..");
const MAX_BYTES = 3 * 1024;

test("gzips to 3 KB at most beyond the client and React, minified", async () => {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "src/index.ts")],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    target: "es2023",
    external: ["react", "@usermeta/client"],
    write: false,
  });
  const bytes = gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).byteLength;
  console.log(`react gzips to ${bytes} bytes of ${MAX_BYTES}`);
  expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
});
