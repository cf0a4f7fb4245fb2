/** What is used of a browser and is not there everywhere: no name here needs the types of the DOM. */
export const browser: {
  readonly location?: { readonly href: string };
  readonly navigator?: { readonly onLine?: boolean };
  readonly addEventListener?: EventTarget["addEventListener"];
  readonly removeEventListener?: EventTarget["removeEventListener"];
  readonly document?: EventTarget & { readonly visibilityState: string };
} = globalThis as object;
