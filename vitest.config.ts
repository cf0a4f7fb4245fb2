import { defineConfig } from "vitest/config";

export default defineConfig({
  // The decorators of LoopBack and NestJS, in their tests and examples.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/*/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    globalSetup: "test/postgres/setup.ts",
    pool: "threads",
    // Vitest would leave one of two cores idle; what waits for a process or a socket does not mind sharing.
    maxWorkers: "100%",
    // Against what hangs; a build of Next on a busy machine takes a minute.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    retry: 0,
  },
});
