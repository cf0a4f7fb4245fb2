import { join } from "node:path";

const workspace = join(import.meta.dirname, "../../..");

export default {
  distDir: "dist",
  transpilePackages: ["core", "fetch", "next", "node"].map((name) => `@usermeta/${name}`),
  turbopack: { root: workspace },
  outputFileTracingRoot: workspace,
  // Tracing is for deployments, and slow.
  outputFileTracingExcludes: { "**/*": ["**/*"] },
};
