// A process of its own: for each file it is sent, opens it, counts the user's counter up once, and says how it went.
import { documentsIn } from "../../../test/insert.ts";
import { type SqliteStore, sqliteStore } from "../src/index.ts";

const countUp = async (store: SqliteStore): Promise<boolean> => {
  const [current] = await documentsIn(store, ["counter"]);
  const expected = current?.version ?? 0;
  const version = expected + 1;
  const next = {
    public: { count: version },
    private: {},
    unsafe: {},
    claims: [],
    claimsVersion: 1,
    createdAt: 1,
    updatedAt: 1,
  };
  return (await store.write([{ userId: "counter", expected, next: { ...next, version } }]))[0] === true;
};

process.on("message", async (path: string) => {
  try {
    const store = sqliteStore({ path });
    while (!(await countUp(store)));
    await store.close?.();
    process.send?.("done");
  } catch (error) {
    process.send?.(String(error));
  }
});
