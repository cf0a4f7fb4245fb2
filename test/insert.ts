import type { Change } from "@usermeta/core";

/** Stores a note for a user for whom nothing is stored. */
export const insert = (userId: string, note = "hello"): Change => ({
  userId,
  expected: 0,
  next: {
    public: { note },
    private: {},
    unsafe: {},
    claims: [],
    version: 1,
    claimsVersion: 1,
    createdAt: 1,
    updatedAt: 1,
  },
});

export { readAll as documentsIn } from "../packages/conformance/src/store/store-case.ts";
