import type { RecipeInterface } from "supertokens-node/recipe/session";

type RecipeModule = typeof import("supertokens-node/lib/build/recipe/session/recipe.js");
type RecipeClass = RecipeModule["default"];

/** The session recipe that the app has initialised. */
export type SessionRecipe = ReturnType<RecipeClass["getInstanceOrThrowError"]>;

let loaded: RecipeClass | undefined;
let loading: Promise<void> | undefined;

/**
 * Loads the SDK's class of the recipe: its configuration is to be had nowhere else. Where a later SDK has it in another
 * place nothing is loaded, and each token is verified by the SDK.
 */
export const loadRecipe = (): Promise<void> => {
  loading ??= load().catch(() => undefined);
  return loading;
};

const load = async (): Promise<void> => {
  const { default: found } = await import("supertokens-node/lib/build/recipe/session/recipe.js");
  // Node hands over the exports of a CommonJS module as its default; a bundler may hand over theirs.
  loaded = ("default" in found ? found.default : found) as RecipeClass;
};

/** The recipe of this process, once it is loaded. Its `getInstanceOrThrowError` throws before `SuperTokens.init`. */
export const currentRecipe = (): SessionRecipe | undefined =>
  (loaded as { readonly instance?: SessionRecipe } | undefined)?.instance;

/** The builder's: what each override returned, above the original, and the functions that came of it. */
interface Layers {
  readonly layers?: readonly object[];
  readonly result?: unknown;
}

/** Those that `sessionOverride` was a layer of. */
const seen: Layers[] = [];

/** Keeps the builder that `override.functions` is given: it tells which functions the app has overridden. */
export const noteLayers = (builder: object | undefined): void => {
  if (builder !== undefined) seen.push(builder);
};

/** A function that returns what it is given, in any spelling: the SDK's default of `override.functions`. */
const IDENTITY = /^\(?(\w+)\)?\s*=>\s*\1$/;

/** Whether a function of the recipe is certainly the SDK's own. If nothing tells, it may be the app's. */
export const isOriginal = (
  { config, recipeInterfaceImpl }: SessionRecipe,
  name: keyof RecipeInterface,
): boolean => {
  if (IDENTITY.test(String(config.override.functions))) return true;
  const { layers } = seen.find(({ result }) => result === recipeInterfaceImpl) ?? {};
  return Array.isArray(layers) && layers.slice(1).every((layer) => !(name in layer));
};
