const TIMEOUT_MS = 10_000;

/** A refusal in words for the person; `code` and `details` as the server's problem+json has them. */
export class Refusal extends Error {
  constructor(message, { status = 0, code = "", details = {} } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** Sends a request; resolves to the JSON of the answer, or throws a `Refusal`. */
export const call = async (method, path, { token, body, headers = {} } = {}) => {
  const response = await fetch(path, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => {
    throw new Refusal("The server cannot be reached. Is it still running?");
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Refusal(answer.detail ?? `The server answered with status ${response.status}.`, {
    ...answer,
    status: response.status,
  });
};

/** The claims of a JWT. Decoded only: whether to believe them is the server's business. */
export const decodeClaims = (token) => {
  const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
};
