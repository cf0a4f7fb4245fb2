import { defineConfig } from "vitest/config";

export default defineConfig({
  // The decorators of LoopBack and NestJS, in their tests and examples.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/*/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    globalSetup: "test/postgres/setup.ts",
    // Not threads: V8 can abort a process in which many of them load and drop WebAssembly, as `fetch` does in each
    // (nodejs/node#64500).
    pool: "forks",
    // V8 guards its code pages by memory protection keys, and can crash by them where threads start and end.
    execArgv: ["--no-memory-protection-keys"],
    // Vitest would leave one of two cores idle; what waits for a process or a socket does not mind sharing.
    maxWorkers: "100%",
    // Against what hangs; a build of Next on a busy machine takes a minute.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    retry: 0,
  },
});
