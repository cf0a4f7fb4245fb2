/** What the suite uses of React, bundled with ours around one copy of either version. */
import type { MetadataClientError } from "@usermeta/client";
import React, { Component, createElement, type ReactNode, useTransition } from "react";
import { type UseUser, type UseUserMetadata, useUser, useUserMetadata } from "../src/index.ts";

export * as client from "@usermeta/client";
export { createRoot, hydrateRoot } from "react-dom/client";
export { renderToString } from "react-dom/server";
export { UserMetadataProvider } from "../src/index.ts";
export { React };

/** Shows the user's theme, and the state it is in. */
export const Theme = ({ suspense = false }: { suspense?: boolean }): ReactNode => {
  const { isLoaded, isSignedIn, unsafeMetadata, isSaving, error } = useUserMetadata({ suspense });
  if (!isLoaded) return `loading ${error?.code ?? ""};`;
  if (!isSignedIn) return "signed out;";
  return `${unsafeMetadata.theme ?? "none"}${isSaving ? " saving" : ""}${error ? ` ${error.code}` : ""};`;
};

/** Saves a theme, in a transition. */
export const Save = ({ theme }: { theme: string }): ReactNode => {
  const { update } = useUserMetadata();
  const [, startTransition] = useTransition();
  const onClick = (): void => startTransition(() => void update({ theme }).catch(() => undefined));
  return createElement("button", { type: "button", onClick }, "save");
};

/** Tells what the hooks returned, with each render. */
export const See = ({ seen }: { seen: (user: UseUser, metadata: UseUserMetadata) => void }): ReactNode => {
  seen(useUser(), useUserMetadata());
  return null;
};

/** Shows the code of an error. */
export class Boundary extends Component<{ children?: ReactNode }, { code: string }> {
  override state: { code: string } = { code: "" };
  static getDerivedStateFromError({ code }: MetadataClientError): { code: string } {
    return { code };
  }
  override render(): ReactNode {
    return this.state.code || this.props.children;
  }
}
