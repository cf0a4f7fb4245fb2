import { trimBlanks } from "./white-space.ts";

/** How many values of one cookie are looked at: each may cost the verification of a signature. */
const MAX_VALUES = 8;

/**
 * The values of a cookie in a `Cookie` header (RFC 6265, section 4.2), unquoted, in their order, without empty ones and
 * repetitions, 8 at most. A browser sends several if the cookie was set for several paths or domains.
 */
export const readCookies = (header: string | undefined, name: string): readonly string[] => {
  const values = new Set<string>();
  for (const pair of header?.split(";") ?? []) {
    const at = pair.indexOf("=");
    if (at < 0 || trimBlanks(pair.slice(0, at)) !== name) continue;
    const value = trimBlanks(pair.slice(at + 1));
    values.add(value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value);
  }
  values.delete("");
  return [...values].slice(0, MAX_VALUES);
};
