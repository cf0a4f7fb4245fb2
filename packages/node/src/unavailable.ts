import { errorOutcome, type Outcome, UserMetadataError } from "@usermeta/core";

/** What becomes of a failure of 503, on a platform whose error channel cannot answer with it. */
export interface UnavailableOptions {
  /**
   * Hears of a failure that is answered with 503, because the platform reports only what is thrown.
   * @default console.error
   */
  readonly onUnavailable?: ((error: UserMetadataError) => void) | undefined;
}

/**
 * What is answered on such a platform: a refusal, and a 503, of which the app is told.
 * @throws UserMetadataError any other failure of 500 and above, for the platform's error channel
 *
 * @example
 * ```ts
 * import { createUserMetadata, errorOutcome, memoryStore, UserMetadataError } from "@usermeta/core";
 * import { answerable } from "@usermeta/node";
 *
 * const failure = new UserMetadataError("engine_overloaded", "Too many callers wait for the store.");
 * const outcome = answerable(errorOutcome(failure), { onUnavailable: (error) => console.log(error.code) }); // engine_overloaded
 * console.log(outcome.status, outcome.headers["retry-after"]); // 503 1
 * ```
 */
export const answerable = (
  outcome: Outcome,
  { onUnavailable = console.error }: UnavailableOptions,
): Outcome => {
  const { error, status } = outcome;
  if (error && status !== 503) throw error;
  if (error) onUnavailable(error);
  return outcome;
};

/**
 * What is answered for what a handler of the app's own has thrown: a 503 of ours, of which the app is told.
 * @throws what the handler has thrown, if it is anything else
 *
 * @example
 * ```ts
 * import { answerToThrown } from "@usermeta/node";
 *
 * try {
 *   answerToThrown(new TypeError("the app's own"), {});
 * } catch (error) {
 *   console.log(String(error)); // TypeError: the app's own
 * }
 * ```
 */
export const answerToThrown = (thrown: unknown, options: UnavailableOptions): Outcome => {
  if (!UserMetadataError.is(thrown) || thrown.status !== 503) throw thrown;
  return answerable(errorOutcome(thrown), options);
};
