import assert from "node:assert/strict";
import { createUserMetadata } from "@usermeta/core";
import { countOn } from "./counting.ts";
import { documentOf, readOne, type StoreCase, swap, times } from "./store-case.ts";
import { hears, live, step, subscribeTo, until, type Write, write, writesOf } from "./subscription.ts";

/** What a cache is told of writes, and when it may be trusted. */
export const SUBSCRIBING: readonly StoreCase[] = [
  {
    name: "answers true after a while, and has then told of what was written until then",
    needs: "subscribable",
    run: async ({ store, reopen, toldWithinMs }) => {
      const other = await reopen();
      const subscription = subscribeTo(store);
      const writes: Write[] = [];
      await until("the answer of subscribe() is true", async () => {
        const version = writes.length;
        writes.push(...(await write(other, [step(version, version + 1)], subscription)));
        return subscription.isLive();
      });
      await hears(subscription, writes, toldWithinMs);
    },
  },
  {
    name: "tells of the inserts, updates and removals of another store, each in its turn",
    needs: "subscribable",
    run: async ({ store, reopen, toldWithinMs }) => {
      const other = await reopen();
      const subscription = subscribeTo(store);
      await live(subscription);
      const since = subscription.told.length;
      const versions = [1, 2, 3, 0, 4, 0, 5, 6, 7, 8];
      let from = 0;
      for (const to of versions) {
        await write(other, [step(from, to)], subscription);
        from = to;
      }
      await hears(subscription, [{ userId: "ada", version: 8, since }], toldWithinMs);
      const told = subscription.told.slice(since).map((each) => (each ? (each.get("ada") ?? "") : "?"));
      const pattern = told
        .join("")
        .replace(/(.)\1+/g, "$1")
        .replaceAll("?", "\\d*");
      assert.match(versions.join(""), new RegExp(`^${pattern}$`));
    },
  },
  {
    name: "tells of all users of one write, and of nothing that was not applied",
    needs: "subscribable",
    run: async ({ store, reopen, toldWithinMs }) => {
      const other = await reopen();
      const subscription = subscribeTo(store);
      await live(subscription);
      const ids = ["1", "__proto__", ...times(500).map((index) => `"ü" \\ ${index}`)];
      const inserts = ids.map((userId) => ({ ...step(0, 1), userId }));
      await hears(subscription, await write(other, inserts, subscription), toldWithinMs);

      const refused = new Set(ids.filter((_, index) => index % 3 === 1));
      const changes = ids.map((userId, index) => ({
        ...step(1, index % 3 === 0 ? 0 : 2),
        userId,
        ...(refused.has(userId) && { expected: 7 }),
      }));
      const since = subscription.told.length;
      assert.deepEqual(
        await other.write(changes),
        ids.map((userId) => !refused.has(userId)),
      );
      const applied = changes.filter(({ userId }) => !refused.has(userId));
      await hears(subscription, writesOf(applied, since), toldWithinMs);
      for (const versions of subscription.told.slice(since))
        for (const [userId, version] of versions ?? [])
          assert.ok(version === 1 || !refused.has(userId), `User ${userId} has version 1, not ${version}.`);
    },
  },
  {
    name: "tells of another store's writes among its own, and not before they can be read",
    needs: "subscribable",
    run: async ({ store, reopen, toldWithinMs }) => {
      const other = await reopen();
      const reads: Promise<void>[] = [];
      const subscription = subscribeTo(store, (versions) => {
        const told = versions?.get("ada") ?? 0;
        const read = async (): Promise<void> => {
          const version = (await readOne(store, "ada"))?.version ?? 0;
          assert.ok(version >= told, `Told of version ${told}, and then read ${version}.`);
        };
        reads.push(Promise.resolve().then(read));
        // Awaited at the end, unless the case fails before.
        reads.at(-1)?.catch(() => undefined);
      });
      await live(subscription);
      for (const index of times(20)) {
        const even = index % 2 === 0;
        const writes = await write(even ? store : other, [step(index, index + 1)], subscription);
        if (!even) await hears(subscription, writes, toldWithinMs);
      }
      await live(subscription);
      await Promise.all(reads);
    },
  },
  {
    name: "tells each of two subscribers",
    needs: "subscribable",
    run: async ({ store, reopen, toldWithinMs }) => {
      const other = await reopen();
      const subscriptions = [subscribeTo(store), subscribeTo(store)];
      for (const each of subscriptions) await live(each);
      const all = subscriptions.map((subscription) => ({ subscription, since: subscription.told.length }));
      await swap(other, "ada", 0, documentOf(1));
      for (const { subscription, since } of all)
        await hears(subscription, [{ userId: "ada", version: 1, since }], toldWithinMs);
    },
  },
  {
    name: "lets two engines keep documents while both write: what they read is within the bound",
    needs: "subscribable",
    run: async ({ store, reopen, toldWithinMs }) => {
      const engines = [store, await reopen()].map((each) =>
        createUserMetadata({ store: each, cache: { maxUsers: 10 } }),
      );
      await countOn(engines, toldWithinMs);
    },
  },
  {
    name: "tells of what was written while its answer was false, before it is true again",
    needs: "interruptible",
    run: async ({ store, reopen, interrupt, toldWithinMs }) => {
      const other = await reopen();
      const subscription = subscribeTo(store);
      await live(subscription);
      for (const version of times(3)) {
        const goOn = await interrupt();
        await until("the answer of subscribe() is false", () => !subscription.isLive());
        const writes = await write(other, [step(version, version + 1)], subscription);
        await goOn();
        await live(subscription);
        await hears(subscription, writes, toldWithinMs);
      }
    },
  },
  {
    name: "answers false after close, and tells nothing more",
    needs: "subscribable",
    run: async ({ store, reopen, toldWithinMs }) => {
      assert.ok(store.close, "A store with subscribe() has a close() that ends it.");
      const [other, third] = [await reopen(), await reopen()];
      const [subscription, witness] = [subscribeTo(store), subscribeTo(third)];
      await live(subscription);
      await live(witness);
      await write(other, [step(0, 1)], witness);
      await store.close();
      assert.equal(subscription.isLive(), false);
      const before = subscription.told.length;
      await hears(witness, await write(other, [step(1, 2)], witness), toldWithinMs);
      assert.equal(subscription.isLive(), false);
      assert.equal(subscription.told.length, before);
    },
  },
];
