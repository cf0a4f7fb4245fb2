declare namespace App {
  interface Locals {
    /** The engine, as `app.ts` has made it. */
    readonly metadata: import("@usermeta/core").UserMetadataEngine;
  }
}
