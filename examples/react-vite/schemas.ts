import { z } from "zod";

/** What the tiers hold: the server judges by it, and the browser has its types. */
export const schemas = {
  public: z.object({ birthday: z.iso.date() }).partial(),
  private: z.object({ stripeId: z.string() }).partial(),
  unsafe: z.object({ birthday: z.iso.date(), motto: z.string().max(40) }).partial(),
};
