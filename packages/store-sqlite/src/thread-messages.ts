import { type ErrorCode, UserMetadataError } from "@usermeta/core";
import type { Work } from "./work.ts";

/** What is asked of the thread. */
export interface Call {
  readonly id: number;
  readonly name: keyof Work;
  readonly args: readonly unknown[];
}

/** What it answers: a value, or why there is none. */
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: SentError;
}

/** An error as a message: a copy of an error loses its class, and what the driver has put on it. */
export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: unknown;
  readonly cause: unknown;
  /** What the driver has put on the cause, as `errcode`. */
  readonly causeProperties: object;
}

/** The message of an error. */
export const toSentError = ({ code, message, details, cause }: UserMetadataError): SentError => ({
  ...{ code, message, details, cause },
  causeProperties: cause instanceof Error ? { ...cause } : {},
});

/** The error of a message. */
export const errorOf = ({ code, message, details, cause, causeProperties }: SentError): UserMetadataError => {
  if (cause instanceof Error) Object.assign(cause, causeProperties);
  const options = { ...(cause !== undefined && { cause }), ...(details !== undefined && { details }) };
  return new UserMetadataError(code as "store_unavailable", message, options);
};
