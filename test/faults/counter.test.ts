import { once } from "node:events";
import { expect, test } from "vitest";
import { messageOf } from "../child-process.ts";
import { freshPath, start, stored } from "./harness.ts";

interface Counted {
  readonly acknowledged: number;
  readonly counter: number;
}

/** Four processes increment one user's counter on one file at the same time. */
async function countUp(each: number, how: string): Promise<Counted> {
  const path = freshPath();
  const children = Array.from({ length: 4 }, () => start("increment.ts", path, String(each), how));
  await Promise.all(children.map(messageOf));
  const exits = children.map((child) => once(child, "exit"));
  const counts = children.map(messageOf);
  for (const child of children) child.send("go");
  const acknowledged = (await Promise.all(counts)) as number[];
  await Promise.all(exits);
  const { publicMetadata } = await stored(path, "jane");
  return {
    acknowledged: acknowledged.reduce((sum, count) => sum + count),
    counter: Number(publicMetadata.count),
  };
}

test("4 processes × 2,000 increments of one counter: it reads 8,000", async () => {
  expect(await countUp(2000, "atomic")).toEqual({ acknowledged: 8000, counter: 8000 });
});

// That the test above can fail: the first 64 of each process all read 0.
test("4 processes that read, then write lose increments, though each is acknowledged", async () => {
  const { acknowledged, counter } = await countUp(200, "read, then write");
  expect(acknowledged).toBe(800);
  expect(counter).toBeLessThan(800);
});
