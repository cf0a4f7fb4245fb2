import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, test } from "vitest";
import { createUserMetadata, memoryStore, type StandardSchema, type Store } from "../src/index.ts";

const tenants = new AsyncLocalStorage<string>();
const TENANTS = Array.from({ length: 10 }, (_, index) => `tenant-${index}`);
const WRITES = 200;

/** A store that notes in which context it is called. */
const watchedStore = () => {
  const inner = memoryStore();
  const seen = new Set<string | undefined>();
  const note = <A extends unknown[], R>(call: (...given: A) => R) =>
    function noted(...given: A): R {
      seen.add(tenants.getStore());
      return call(...given);
    };
  const store: Store = { ...inner, read: note(inner.read), write: note(inner.write) };
  return { store, seen };
};

/** Accepts a tier that names the tenant in whose context it is judged. */
const schemaOf = (judge: (value: unknown) => unknown): StandardSchema =>
  ({
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value: unknown) => {
        const { tenant } = value as { tenant: string };
        const result =
          tenant === tenants.getStore() ? { value } : { issues: [{ message: "another tenant's", path: [] }] };
        return judge(result);
      },
    },
  }) as StandardSchema;

const tenantOf = (index: number): string => TENANTS[index % TENANTS.length] as string;

describe("a caller keeps its own context", () => {
  test("in what it passes in, of 200 writes by 10 tenants at once", async () => {
    const { store, seen } = watchedStore();
    const metadata = createUserMetadata({ store });
    await Promise.all(
      Array.from({ length: WRITES }, (_, index) =>
        tenants.run(tenantOf(index), () =>
          metadata.mutateUserMetadata(`user ${index % 50}`, () => ({
            privateMetadata: { [`by ${index}`]: tenants.getStore() ?? null },
          })),
        ),
      ),
    );
    for (let user = 0; user < 50; user += 1) {
      const { privateMetadata } = await metadata.getUserMetadata(`user ${user}`);
      for (let index = user; index < WRITES; index += 50)
        expect(privateMetadata[`by ${index}`]).toBe(tenantOf(index));
    }
    expect(seen).toEqual(new Set([undefined]));
  });

  test.each([
    ["synchronous", (result: unknown) => result],
    ["asynchronous", async (result: unknown) => result],
  ])("in a schema that is %s", async (_, judge) => {
    const metadata = createUserMetadata({ store: memoryStore(), schemas: { private: schemaOf(judge) } });
    await Promise.all(
      Array.from({ length: WRITES }, (__, index) => {
        const tenant = tenantOf(index);
        return tenants.run(tenant, () =>
          metadata.updateUserMetadata(`user ${index % 50}`, { privateMetadata: { tenant } }),
        );
      }),
    );
  });

  test("after it has lost a swap", async () => {
    const inner = memoryStore();
    let rival = true;
    const store: Store = {
      ...inner,
      write: async (changes) => {
        if (!rival) return inner.write(changes);
        rival = false;
        return changes.map(() => false);
      },
    };
    const metadata = createUserMetadata({ store });
    const seen: (string | undefined)[] = [];
    await tenants.run("tenant-1", () =>
      metadata.mutateUserMetadata("jane", () => {
        seen.push(tenants.getStore());
        return { privateMetadata: { seen: seen.length } };
      }),
    );
    expect(seen).toEqual(["tenant-1", "tenant-1"]);
  });

  test("and a read gives nobody's to the store", async () => {
    const { store, seen } = watchedStore();
    const metadata = createUserMetadata({ store });
    const read = await Promise.all(
      TENANTS.map((tenant) =>
        tenants.run(tenant, async () => {
          await metadata.getUserMetadata(tenant);
          return tenants.getStore();
        }),
      ),
    );
    expect(read).toEqual(TENANTS);
    expect(seen).toEqual(new Set([undefined]));
  });
});
