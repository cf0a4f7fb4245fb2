import { type JsonValue, parseJson, UserMetadataError } from "@usermeta/core";

/**
 * Parses JSON text as the routes parse a body, without losing a digit.
 * @throws UserMetadataError `json_invalid`, `json_value_refused`, `json_too_deep`
 */
export const parseExact = (text: string): JsonValue => {
  try {
    return parseJson(text);
  } catch (error) {
    if (!UserMetadataError.is(error) || error.code !== "json_invalid") throw error;
    throw new UserMetadataError("json_invalid", "It is not JSON (RFC 8259); is it cut off?");
  }
};
