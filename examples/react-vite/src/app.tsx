import { useUserMetadata } from "@usermeta/react";
import { useEffect, useRef } from "react";
import { BirthdayForm } from "./birthday-form.tsx";
import { client } from "./metadata.ts";
import { PublicCard } from "./public-card.tsx";
import { signOut } from "./session.ts";
import { SignIn } from "./sign-in.tsx";

/** Shows who is signed in, or what stands in the way. */
export const App = () => {
  const { isLoaded, isSignedIn, userId, error, reload } = useUserMetadata();
  const title = useRef<HTMLHeadingElement>(null);
  const before = useRef(isSignedIn);
  // Whoever signs in or out by keyboard goes on from the top of what is new.
  useEffect(() => {
    if (before.current !== undefined && before.current !== isSignedIn) title.current?.focus();
    before.current = isSignedIn;
  }, [isSignedIn]);

  const leave = async () => {
    signOut();
    await client.load();
  };

  return (
    <>
      <header className="bar">
        <h1 ref={title} tabIndex={-1}>
          usermeta <span>in React</span>
        </h1>
        {isSignedIn && (
          <div className="who">
            <p>
              Signed in as <strong>{userId}</strong>
            </p>
            <button type="button" onClick={leave}>
              Sign out
            </button>
          </div>
        )}
      </header>
      <main>
        {!isLoaded && !error && (
          <p className="card narrow" role="status">
            <span className="spinner" aria-hidden="true" /> Loading your metadata …
          </p>
        )}
        {!isLoaded && error && (
          <div className="card narrow" role="alert">
            <p className="bad">{error.message}</p>
            <button type="button" onClick={() => reload().catch(() => undefined)}>
              Try again
            </button>
          </div>
        )}
        {isLoaded && !isSignedIn && <SignIn reason={error?.message} />}
        {isSignedIn && (
          <div className="grid">
            <BirthdayForm key={userId} />
            <PublicCard />
          </div>
        )}
      </main>
    </>
  );
};
