import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** A package as a bundler ships it: minified, with what it imports but for `external`. */
export interface Bundle {
  /** Gzipped. */
  readonly bytes: number;
  /** The files in it, by their paths. */
  readonly inputs: readonly string[];
}

/** Bundles a package's `src/index.ts` for a runtime of its own kind, browser or server. */
export async function bundleOf(folder: string, external: readonly string[] = []): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(folder, "src/index.ts")],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    target: "es2023",
    external: [...external],
    metafile: true,
    write: false,
  });
  const bytes = gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).byteLength;
  return { bytes, inputs: Object.keys(metafile.inputs) };
}
