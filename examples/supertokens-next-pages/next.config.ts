import { join } from "node:path";
import type { NextConfig } from "next";

const workspace = join(import.meta.dirname, "../..");
const ours = ["core", "example-supertokens", "fetch", "next", "node", "store-sqlite", "supertokens"];

const config: NextConfig = {
  poweredByHeader: false,
  // One of it for all routes: it keeps what `init` was told.
  serverExternalPackages: ["supertokens-node"],
  // Only in this workspace, where our packages are TypeScript; from the registry they come compiled.
  transpilePackages: ours.map((name) => `@usermeta/${name}`),
  turbopack: { root: workspace },
  outputFileTracingRoot: workspace,
};

export default config;
