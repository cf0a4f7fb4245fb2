import { test } from "vitest";
// By path: a dependency on the suite, which depends on core, would be a cycle.
import { testStore } from "../../conformance/src/store/index.ts";
import { memoryStore } from "../src/storing/memory-store.ts";

testStore({
  test,
  capabilities: ["searchable", "atomic", "journaling"],
  create: () => ({ store: memoryStore() }),
});
