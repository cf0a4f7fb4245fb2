import { type MetadataDocument, TIERS, type Tier } from "../../document/document.ts";
import { privateMetadataOf, profileOf } from "./clerk-profile.ts";

/** What a tier is called on the wire. */
export const toParameter = (tier: Tier): string => `${tier}_metadata`;

/** The tiers by their names on the wire. */
export const PARAMETERS: ReadonlyMap<string, Tier> = new Map(TIERS.map((tier) => [toParameter(tier), tier]));

/**
 * What Clerk keeps of a user and a front end does not get here. The SDKs made from its OpenAPI document want each of
 * these.
 */
const PROFILE = {
  external_id: null,
  username: null,
  first_name: null,
  last_name: null,
  locale: null,
  image_url: "",
  profile_image_url: "",
  has_image: false,
  primary_email_address_id: null,
  primary_phone_number_id: null,
  primary_web3_wallet_id: null,
  email_addresses: [],
  phone_numbers: [],
  web3_wallets: [],
  passkeys: [],
  external_accounts: [],
  saml_accounts: [],
  enterprise_accounts: [],
  organization_memberships: [],
  password_enabled: false,
  password_last_updated_at: null,
  two_factor_enabled: false,
  totp_enabled: false,
  backup_code_enabled: false,
  mfa_enabled_at: null,
  mfa_disabled_at: null,
  banned: false,
  locked: false,
  lockout_expires_in_seconds: null,
  verification_attempts_remaining: null,
  delete_self_enabled: false,
  create_organization_enabled: false,
  create_organizations_limit: null,
  legal_accepted_at: null,
  last_sign_in_at: null,
  last_active_at: null,
};

/** A user as the front end sees it. */
export const toFrontendUser = (userId: string, document: MetadataDocument): object => ({
  object: "user",
  id: userId,
  ...PROFILE,
  public_metadata: document.public,
  unsafe_metadata: document.unsafe,
  created_at: document.createdAt,
  // In ms as `updatedAt` is, but two writes within one ms differ: front ends keep the old user if it does not grow.
  updated_at: document.version,
});

/** A user as a server sees it: the profile is in the private tier, so a front end does not see it. */
export const toBackendUser = (userId: string, document: MetadataDocument): object => ({
  ...toFrontendUser(userId, document),
  ...profileOf(document),
  private_metadata: privateMetadataOf(document),
});
