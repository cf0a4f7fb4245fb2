import { join } from "node:path";

const workspace = join(import.meta.dirname, "../../..");

export default {
  distDir: "dist",
  turbopack: { root: workspace },
  outputFileTracingRoot: workspace,
  // Tracing is for deployments, and slow.
  outputFileTracingExcludes: { "**/*": ["**/*"] },
};
