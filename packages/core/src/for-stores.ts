/** `@usermeta/core/storing`: what the stores of SQL databases and the `usermeta` command share. An app does not need it. */
export { entryOf, readEntry } from "./history/entry.ts";
export { invalidPosition, positionTrimmed } from "./storing/journal-errors.ts";
export type { DocumentRow } from "./storing/rows.ts";
export { DOCUMENT_COLUMNS, fromRow, toRow } from "./storing/rows.ts";
export type { CorruptDocument, StoreFault, StoreFaults } from "./storing/store-faults.ts";
export { storeFaults } from "./storing/store-faults.ts";
export type { StoreOptionsCheck } from "./storing/store-options.ts";
export { checkStoreOptions } from "./storing/store-options.ts";
