"use client";

import { useUserMetadata } from "@usermeta/react";

/** What is known of the user, changes that are under way included. The private tier does not come here. */
export const Shown = () => {
  const { publicMetadata, unsafeMetadata } = useUserMetadata();
  return <pre>{JSON.stringify({ publicMetadata, unsafeMetadata }, null, 2)}</pre>;
};
