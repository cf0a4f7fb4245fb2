import { createUserMetadata, memoryStore } from "@usermeta/core";

/** The engine of the process that serves this app; while it is built, one that nobody asks. */
export const metadata =
  globalThis[Symbol.for("usermeta.bench")] ?? createUserMetadata({ store: memoryStore() });
