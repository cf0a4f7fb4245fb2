export { bizzkitDialect } from "./bizzkit-dialect.ts";
