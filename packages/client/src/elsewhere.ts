/** What happens elsewhere: on the server while this tab was not looked at, and in other tabs. */
import { browser } from "./browser.ts";
import type { Known } from "./state.ts";

/** What a tab tells the others: no more than shows them that they are behind. */
interface Seen {
  readonly userId: string | undefined;
  readonly version: number;
}

/** The server and the other tabs. */
export interface Elsewhere {
  /** Tells the other tabs what this one knows now, if that is new. */
  tell(before: Known, after: Known): void;
  /** Begins to listen, in a browser; what it returns ends that. */
  listen(): () => void;
}

/**
 * @param name of the channel between tabs
 * @param catchUp reads, if it is behind when its turn comes
 */
export const createElsewhere = (
  name: string,
  known: () => Known,
  catchUp: (isBehind: () => boolean) => Promise<void>,
): Elsewhere => {
  let channel: InstanceType<typeof BroadcastChannel> | undefined;
  let isReturning = false;
  /** A tab that comes into sight gets the focus too. */
  const onReturn = async (): Promise<void> => {
    if (isReturning || browser.document?.visibilityState === "hidden") return;
    isReturning = true;
    await catchUp(() => true);
    isReturning = false;
  };
  return {
    tell(before, after) {
      const seen = toSeen(after);
      if (after.base !== undefined && isNews(seen, before)) channel?.postMessage(seen);
    },
    listen() {
      const { document } = browser;
      // A server has no tabs.
      if (!document) return () => undefined;
      const places = [
        [browser, "focus"],
        [document, "visibilitychange"],
      ] as const;
      for (const [place, event] of places) place.addEventListener?.(event, onReturn);
      channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }: { readonly data: Seen }) => void catchUp(() => isNews(data, known()));
      return () => {
        for (const [place, event] of places) place.removeEventListener?.(event, onReturn);
        channel?.close();
        channel = undefined;
      };
    },
  };
};

const toSeen = ({ base }: Known): Seen => ({ userId: base?.userId, version: base?.version ?? 0 });

const isNews = ({ userId, version }: Seen, known: Known): boolean => {
  const seen = toSeen(known);
  return userId !== seen.userId || version > seen.version;
};
