// The form of Clerk's guide, as it stands there.
// @ts-nocheck: it takes the user for signed in
// biome-ignore-all lint/style/noDefaultExport: it stands so in the guide
// biome-ignore-all lint/a11y/useButtonType: it stands so in the guide
import { useUser } from "@clerk/clerk-react";
import { useState } from "react";

export default function UnSafePage() {
  const { user } = useUser();
  const [birthday, setBirthday] = useState("");
  return (
    <div>
      <input type="text" value={birthday} onChange={(e) => setBirthday(e.target.value)} />
      <button
        onClick={() => {
          user.update({
            unsafeMetadata: {
              birthday,
            },
          });
        }}
      >
        Update Birthday
      </button>
    </div>
  );
}
