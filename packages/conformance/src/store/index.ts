export { SEARCHED_KEYS } from "./searched.ts";
export type { StoreCapability, StoreCase, StoreContext, StoreUnderTest } from "./store-case.ts";
export type { StoreTestOptions, TestFunction } from "./test-store.ts";
export { STORE_CASES, testStore } from "./test-store.ts";
