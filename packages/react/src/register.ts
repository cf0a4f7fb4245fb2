// biome-ignore-all lint/suspicious/noEmptyInterface: the app declares what is in it
import type { AnyTiers, ClientTiers } from "@usermeta/client";

/**
 * Names the types of the app's tiers, once for all hooks:
 * `declare module "@usermeta/react" { interface Register { tiers: TiersOf<typeof schemas> } }`.
 */
export interface Register {}

/** The tiers that the app has declared in `Register`, or any tiers if it has declared none. */
export type RegisteredTiers = Register extends { tiers: infer T extends ClientTiers } ? T : AnyTiers;
