import type { JsonObject, JsonValue } from "@usermeta/core";
import type { SessionClaimValidator } from "supertokens-node/recipe/session";
import { SessionClaim } from "supertokens-node/recipe/session/claims";
import { type ClaimsSource, DEFAULT_PREFIX, isSame } from "./session-claims.ts";

/** Which claim it is. */
export interface MetadataClaimOptions {
  /** The engine's `claims.prefix`; `""` for a claim of its `claims.template`. @default "metadata_" */
  readonly prefix?: string | undefined;
}

/** How a validator judges. */
export interface MetadataValidatorOptions {
  /**
   * Reads the metadata on every request and, if it has changed, renews the token; else a token is believed until it
   * is refreshed. @default false
   */
  readonly fresh?: boolean | undefined;
  /** How the validator is named in `claimValidationErrors`. @default the claim's name */
  readonly id?: string | undefined;
}

/** Validators of a metadata claim, for `overrideGlobalClaimValidators` and `getGlobalClaimValidators`. */
export interface MetadataValidators {
  /** The claim is this JSON value. */
  hasValue(value: JsonValue, options?: MetadataValidatorOptions): SessionClaimValidator;
  /** The claim is a list that has this JSON value. */
  includes(value: JsonValue, options?: MetadataValidatorOptions): SessionClaimValidator;
}

/** A claim of SuperTokens whose value is a flagged root key of `publicMetadata`, as `sessionOverride` puts it into tokens. */
export class MetadataClaim extends SessionClaim<JsonValue> {
  readonly #metadata: ClaimsSource;
  /** Validators of this claim. */
  readonly validators: MetadataValidators = {
    hasValue: (value, options) => this.#validator(value, (found) => isSame(found, value), options),
    includes: (value, options) =>
      this.#validator(
        value,
        (found) => Array.isArray(found) && found.some((each) => isSame(each, value)),
        options,
      ),
  };

  constructor(metadata: ClaimsSource, name: string) {
    super(name);
    this.#metadata = metadata;
  }

  /** The value of now; `null`, which removes it from a token that has it, if there is none. */
  async fetchValue(
    ...[userId, , , payload]: Parameters<SessionClaim<JsonValue>["fetchValue"]>
  ): Promise<JsonValue | undefined> {
    const value = (await this.#metadata.claims(userId))[this.key] ?? null;
    return value === null && payload?.[this.key] === undefined ? undefined : value;
  }

  addToPayload_internal(payload: JsonObject, value: JsonValue): JsonObject {
    return { ...payload, [this.key]: value };
  }

  removeFromPayloadByMerge_internal(payload: JsonObject): JsonObject {
    return { ...payload, [this.key]: null };
  }

  removeFromPayload(payload: JsonObject): JsonObject {
    const { [this.key]: _, ...rest } = payload;
    return rest;
  }

  getValueFromPayload(payload: JsonObject): JsonValue | undefined {
    return payload[this.key] ?? undefined;
  }

  #validator(
    expectedValue: JsonValue,
    matches: (found: JsonValue) => boolean,
    { fresh = false, id = this.key }: MetadataValidatorOptions = {},
  ): SessionClaimValidator {
    return {
      id,
      claim: this,
      shouldRefetch: (payload) => fresh || this.getValueFromPayload(payload) === undefined,
      validate: async (payload) => {
        const actualValue = this.getValueFromPayload(payload);
        if (actualValue === undefined)
          return { isValid: false, reason: { message: "value does not exist", expectedValue } };
        if (matches(actualValue)) return { isValid: true };
        return { isValid: false, reason: { message: "wrong value", expectedValue, actualValue } };
      },
    };
  }
}

/**
 * The claim of a root key of `publicMetadata` that the document's `claims` list: `metadataClaim(metadata, "plan")` is
 * `metadata_plan` of the token. For `session.getClaimValue`, `session.fetchAndSetClaim`, and by its `validators` for
 * guarding routes.
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { metadataClaim, sessionOverride } from "@usermeta/supertokens";
 * import SuperTokens from "supertokens-node";
 * import Session from "supertokens-node/recipe/session";
 *
 * const metadata = createUserMetadata({ store: memoryStore() });
 * SuperTokens.init({
 *   telemetry: false,
 *   supertokens: { connectionURI: process.env.SUPERTOKENS_CONNECTION_URI ?? "http://localhost:3567" },
 *   appInfo: { appName: "my app", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
 *   recipeList: [Session.init({ override: { functions: sessionOverride(metadata) } })],
 * });
 *
 * await metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" }, claims: ["plan"] });
 * const userId = SuperTokens.convertToRecipeUserId("jane");
 * const session = await Session.createNewSessionWithoutRequestResponse("public", userId);
 * console.log(await session.getClaimValue(metadataClaim(metadata, "plan"))); // pro
 * ```
 */
export const metadataClaim = (
  metadata: ClaimsSource,
  key: string,
  { prefix = DEFAULT_PREFIX }: MetadataClaimOptions = {},
): MetadataClaim => new MetadataClaim(metadata, prefix + key);
