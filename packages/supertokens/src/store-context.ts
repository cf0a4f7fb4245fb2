/** The user contexts of calls that the store itself makes, which are for the core and not for an override of ours. */
const contexts = new WeakSet<object>();

/** A user context for a call of the store. A fresh one each time: the SDK keeps what it has read in it. */
export const storeContext = (): Record<string, unknown> => {
  const context = {};
  contexts.add(context);
  return context;
};

/** Whether a call to the recipe is one of the store's. */
export const isOfStore = (userContext: object): boolean => contexts.has(userContext);
