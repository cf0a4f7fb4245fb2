import assert from "node:assert/strict";
import type { Store } from "@usermeta/core";
import { CORRUPTED } from "./corrupted.ts";
import { FOLLOWING } from "./following.ts";
import { JOURNALING } from "./journaling.ts";
import { LIFETIME } from "./lifetime.ts";
import { MATCHING } from "./matching.ts";
import { MOVING } from "./moving.ts";
import { READING } from "./reading.ts";
import { SEARCHING } from "./searching.ts";
import type { StoreCapability, StoreCase, StoreUnderTest } from "./store-case.ts";
import { SUBSCRIBING } from "./subscribing.ts";
import { SWAPPING } from "./swapping.ts";
import { SWAPPING_TOGETHER } from "./swapping-together.ts";
import { USER_IDS } from "./user-ids.ts";
import { VALUES } from "./values.ts";
import { VERSIONS } from "./versions.ts";

/** What every store must do. */
export const STORE_CASES: readonly StoreCase[] = [
  ...READING,
  ...SWAPPING,
  ...SWAPPING_TOGETHER,
  ...VERSIONS,
  ...VALUES,
  ...USER_IDS,
  ...LIFETIME,
  ...MATCHING,
  ...SEARCHING,
  ...SUBSCRIBING,
  ...CORRUPTED,
  ...MOVING,
  ...JOURNALING,
  ...FOLLOWING,
];

/** `test` of Vitest or of `node:test`. */
export interface TestFunction {
  (name: string, run: () => Promise<void>): unknown;
  skip(name: string, run: () => Promise<void>): unknown;
}

/** What `testStore` needs. */
export interface StoreTestOptions {
  readonly test: TestFunction;
  /** Makes a fresh, empty store; called once for each case. */
  create(): StoreUnderTest | Promise<StoreUnderTest>;
  /**
   * What the store can do. A case that needs what is missing is reported as skipped.
   * @default []
   */
  readonly capabilities?: readonly StoreCapability[] | undefined;
}

const runCase = async ({ run }: StoreCase, create: StoreTestOptions["create"]): Promise<void> => {
  const subject = await create();
  const opened: Store[] = [subject.store];
  const reopen = async (): Promise<Store> => {
    assert.ok(subject.reopen, "create() gave no reopen(), which persistent and subscribable need");
    const store = await subject.reopen();
    opened.push(store);
    return store;
  };
  const interrupt = async (): Promise<() => unknown> => {
    assert.ok(subject.interrupt, "create() gave no interrupt(), which the capability interruptible needs");
    return subject.interrupt();
  };
  const corrupt = async (userId: string): Promise<unknown> => {
    assert.ok(subject.corrupt, "create() gave no corrupt(), which the capability corruptible needs");
    return subject.corrupt(userId);
  };
  const { store, toldWithinMs = 0 } = subject;
  try {
    await run({
      store,
      reopen,
      isPersistent: subject.reopen !== undefined,
      toldWithinMs,
      interrupt,
      corrupt,
    });
  } finally {
    for (const store of opened) await store.close?.();
    await subject.remove?.();
  }
};

/** A capability that is there but not named would leave its cases skipped for ever. */
const checkCapabilities = async ({ create, capabilities = [] }: StoreTestOptions): Promise<void> => {
  const subject = await create();
  await subject.store.close?.();
  await subject.remove?.();
  assert.deepEqual(
    {
      persistent: capabilities.includes("persistent"),
      closable: capabilities.includes("closable"),
      searchable: capabilities.includes("searchable"),
      subscribable: capabilities.includes("subscribable"),
      interruptible: capabilities.includes("interruptible"),
      corruptible: capabilities.includes("corruptible"),
      atomic: capabilities.includes("atomic"),
      journaling: capabilities.includes("journaling"),
    },
    {
      persistent: subject.reopen !== undefined,
      closable: subject.store.close !== undefined,
      searchable: subject.store.find !== undefined && subject.store.count !== undefined,
      subscribable: subject.store.subscribe !== undefined,
      interruptible: subject.interrupt !== undefined,
      corruptible: subject.corrupt !== undefined,
      atomic: subject.store.writeTogether !== undefined,
      journaling: subject.store.journal !== undefined,
    },
  );
};

/**
 * Registers every case with a test framework, each on a fresh store.
 *
 * @example
 * ```ts
 * import { test } from "node:test"; // or "vitest"
 * import { testStore } from "@usermeta/conformance/store";
 * import { memoryStore } from "@usermeta/core";
 *
 * testStore({ test, capabilities: ["searchable", "atomic", "journaling"], create: () => ({ store: memoryStore() }) });
 * ```
 */
export const testStore = (options: StoreTestOptions): void => {
  const { test, create, capabilities = [] } = options;
  test("names exactly the capabilities that it has", () => checkCapabilities(options));
  for (const each of STORE_CASES) {
    const missing = each.needs !== undefined && !capabilities.includes(each.needs);
    const register = missing ? test.skip : test;
    register(missing ? `${each.name} (the store is not ${each.needs})` : each.name, () =>
      runCase(each, create),
    );
  }
};
