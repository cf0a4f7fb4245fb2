/** `@usermeta/core/storing`: what the stores of SQL databases share. An app does not need it. */
export { invalidPosition, positionTrimmed } from "./journal-errors.ts";
export type { DocumentRow } from "./rows.ts";
export { DOCUMENT_COLUMNS, fromRow, toRow } from "./rows.ts";
export type { CorruptDocument, StoreFault, StoreFaults } from "./store-faults.ts";
export { storeFaults } from "./store-faults.ts";
export type { StoreOptionsCheck } from "./store-options.ts";
export { checkStoreOptions } from "./store-options.ts";
