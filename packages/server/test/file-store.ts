import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { type Change, type Journal, memoryStore, type Store } from "@usermeta/core";

/** A store in memory that writes its changes into a file and begins with what is there, for one process after the other. */
export const fileStore = async (path: string): Promise<Store> => {
  const memory = memoryStore();
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
  for (const line of lines) await memory.write(JSON.parse(line) as Change[]);
  const journal: Journal = { ...(memory.journal as Journal), salt: async () => "the salt of the tests" };
  return {
    ...memory,
    journal,
    write: async (changes) => {
      const swaps = await memory.write(changes);
      const applied = changes.filter((_, index) => swaps[index] === true);
      if (applied.length > 0) appendFileSync(path, `${JSON.stringify(applied)}\n`);
      return swaps;
    },
  };
};
