import { useAuth, useClerk, useUser } from "@clerk/clerk-react";
import { type FormEvent, type ReactNode, useState } from "react";
import UnSafePage from "./unsafe.tsx";

/** The page: who is signed in and what is known of them, or the app's own sign-in. */
export const App = (): ReactNode => {
  const { isLoaded, isSignedIn, user } = useUser();
  const { signOut } = useClerk();
  return (
    <>
      <header className="bar">
        <h1>
          usermeta <span>with Clerk's React SDK</span>
        </h1>
        {isSignedIn && (
          <div className="row">
            <p>
              Signed in as <strong>{user.id}</strong>
            </p>
            <button type="button" onClick={() => void signOut()}>
              Sign out
            </button>
          </div>
        )}
      </header>
      <main>
        {!isLoaded && (
          <p className="card narrow" role="status">
            Loading your metadata …
          </p>
        )}
        {isLoaded && !isSignedIn && <SignIn />}
        {isSignedIn && <Metadata />}
      </main>
    </>
  );
};

const SignIn = (): ReactNode => {
  const signIn = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const userId = new FormData(event.currentTarget).get("userId");
    const headers = { "content-type": "application/json" };
    await fetch("/dev/sign-in", { method: "POST", headers, body: JSON.stringify({ userId }) });
    // The SDK looks for a session when the page is loaded.
    location.reload();
  };
  return (
    <form className="card narrow" onSubmit={(event) => void signIn(event)}>
      <h2>Sign in</h2>
      <p className="soft">For development only: there is no password. Whoever you say you are, you are.</p>
      <label htmlFor="user-id">User id</label>
      <input
        id="user-id"
        name="userId"
        defaultValue="jane"
        required
        maxLength={128}
        autoComplete="username"
      />
      <button type="submit" className="primary">
        Sign in
      </button>
    </form>
  );
};

const Metadata = (): ReactNode => {
  const { user } = useUser();
  const { getToken } = useAuth();
  const [token, setToken] = useState("");
  if (!user) return null;
  const { publicMetadata, unsafeMetadata } = user;
  return (
    <section className="card narrow">
      <h2>Your metadata</h2>
      <UnSafePage />
      <div className="row">
        <button type="button" onClick={() => void user.reload()}>
          Reload
        </button>
        <button
          type="button"
          onClick={() => void getToken({ skipCache: true }).then((jwt) => setToken(jwt ?? ""))}
        >
          Get a token
        </button>
      </div>
      <h3 className="soft small">As it is shown now</h3>
      <pre id="shown">{JSON.stringify({ publicMetadata, unsafeMetadata }, null, 2)}</pre>
      {token && <pre id="token">{token}</pre>}
    </section>
  );
};
