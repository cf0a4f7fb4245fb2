import type { NextApiRequest, NextApiResponse } from "next";

type Middleware = (request: never, response: never, next: (error?: unknown) => void) => Promise<void>;

/**
 * Whether a middleware of SuperTokens lets a request through; else it has answered it. In place of the SDK's
 * `superTokensNextWrapper`, whose promise never settles then.
 */
export const lets = async (
  middleware: Middleware,
  request: NextApiRequest,
  response: NextApiResponse,
): Promise<boolean> => {
  let through = false;
  await middleware(request as never, response as never, (error) => {
    if (error) throw error;
    through = true;
  });
  return through;
};
