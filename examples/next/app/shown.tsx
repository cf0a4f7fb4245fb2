"use client";

import type { JsonObject } from "@usermeta/core";

/** A client component: all that it is given goes to the browser. The private tier does not. */
export const Shown = ({
  metadata,
}: {
  metadata: { publicMetadata: JsonObject; unsafeMetadata: JsonObject };
}) => <pre>{JSON.stringify(metadata, null, 2)}</pre>;
