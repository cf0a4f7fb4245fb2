import { join } from "node:path";
import type { NextConfig } from "next";

const workspace = join(import.meta.dirname, "../..");

const config: NextConfig = {
  poweredByHeader: false,
  // Only in this workspace, where our packages are TypeScript; from the registry they come compiled.
  transpilePackages: ["core", "fetch", "next", "node", "store-sqlite"].map((name) => `@usermeta/${name}`),
  turbopack: { root: workspace },
  outputFileTracingRoot: workspace,
};

export default config;
