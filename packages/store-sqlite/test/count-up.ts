// Run as a process of its own: counts a user's counter up, trying again after each lost swap.
import { sqliteStore } from "../src/index.ts";

const [path = "", times = "0"] = process.argv.slice(2);
const store = sqliteStore({ path });

const countUp = async (): Promise<boolean> => {
  const [current] = await store.read(["counter"]);
  const version = current?.version ?? 0;
  const next = { public: { count: version + 1 }, private: {}, unsafe: {}, claims: [], version: version + 1 };
  const change = { userId: "counter", expected: version, next: { ...next, createdAt: 1, updatedAt: 1 } };
  return (await store.write([change]))[0] === true;
};

for (let done = 0; done < Number(times); ) if (await countUp()) done += 1;
await store.close?.();
