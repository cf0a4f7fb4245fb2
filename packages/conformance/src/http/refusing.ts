/** What of an engine refuses, in words that quote what is stored: nobody who may not read it may see them. */
import type { StandardSchema } from "@usermeta/core";
import type { HttpEngine } from "./contract.ts";

/** What the ids begin with for which the app's own route fails to write private metadata. */
export const REFUSED_PREFIX = "refused-";

/** A schema that quotes what it refuses, as those of valibot and arktype do. `body.refuse` of a tier says how. */
export const quotingSchema: StandardSchema = {
  "~standard": {
    version: 1,
    vendor: "usermeta",
    validate: (value) => {
      const { body } = value as { readonly body?: { readonly refuse?: unknown } | null };
      const quote = `expected less but received ${JSON.stringify(value)}`;
      if (body?.refuse === "a value") return { issues: [{ message: quote, path: ["secret"] }] };
      if (body?.refuse === "a key") return { value: {} };
      if (body?.refuse === "by throwing") throw new Error(quote);
      return { value };
    },
  },
};

/** An app whose own code fails to write private metadata, in the route that only reads for all other users. */
export const refusing = (engine: HttpEngine): HttpEngine => ({
  ...engine,
  getUserMetadata: (userId) =>
    userId.startsWith(REFUSED_PREFIX)
      ? engine.updateUserMetadata(userId, { privateMetadata: { body: { refuse: "a value" } } })
      : engine.getUserMetadata(userId),
});
