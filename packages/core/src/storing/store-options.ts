import { UserMetadataError } from "../errors.ts";

/** The longest time that a timer takes, in ms. */
const MAX_MS = 0x7fffffff;

/** Checks the options of a store. What it refuses is an `options_invalid` that names the store's function. */
export interface StoreOptionsCheck {
  /** The error of an option that is not as it must be. */
  invalid(message: string): UserMetadataError;
  /** Refuses what is not an object, and a name that is not among the known ones. */
  names(options: object, known: readonly string[], example: string): void;
  /** Refuses both of two options, and neither of them. */
  either(options: object, one: string, other: string): void;
  /** Refuses what is not a whole number of ms from `least` on that a timer takes. */
  milliseconds(name: string, value: unknown, least: number): void;
}

/**
 * Makes the checks of a store's options.
 * @param store the store's function, such as `sqliteStore()`
 *
 * @example
 * ```ts
 * import { checkStoreOptions } from "@usermeta/core/storing";
 *
 * const check = checkStoreOptions("valkeyStore()");
 * try {
 *   check.names({ ulr: "redis://127.0.0.1" }, ["url"], "{ url }");
 * } catch (error) {
 *   console.log(String(error)); // …valkeyStore(): "ulr" is not an option; there are url.
 * }
 * ```
 */
export const checkStoreOptions = (store: string): StoreOptionsCheck => {
  const invalid = (message: string): UserMetadataError =>
    new UserMetadataError("options_invalid", `${store}: ${message}`);
  return {
    invalid,
    names(options, known, example) {
      if (typeof options !== "object" || options === null) throw invalid(`give it ${example}.`);
      const unknown = Object.keys(options).find((name) => !known.includes(name));
      if (unknown !== undefined)
        throw invalid(`"${unknown}" is not an option; there are ${known.join(", ")}.`);
    },
    either(options, one, other) {
      const given = (name: string): boolean => (options as Record<string, unknown>)[name] !== undefined;
      if (given(one) === given(other)) throw invalid(`give it either ${one} or ${other}.`);
    },
    milliseconds(name, value, least) {
      if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > MAX_MS)
        throw invalid(`${name} must be a whole number of ms from ${least} to ${MAX_MS}, not ${value}.`);
    },
  };
};
