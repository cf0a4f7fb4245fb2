import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

/**
 * The store as it ships, in JavaScript, in a folder that `remove` removes. Node loads a WebAssembly module to strip
 * types in each thread that runs TypeScript: hundreds of them take a minute, and can crash V8 as they end.
 */
export const builtStore = async (): Promise<typeof import("../src/index.ts") & { remove(): void }> => {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-built-"));
  await build({
    absWorkingDir: join(import.meta.dirname, "../src"),
    entryPoints: ["index.ts", "sqlite-thread.ts"],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    outExtension: { ".js": ".mjs" },
  });
  const module = await import(join(folder, "index.mjs"));
  return { ...module, remove: () => rmSync(folder, { recursive: true }) };
};
