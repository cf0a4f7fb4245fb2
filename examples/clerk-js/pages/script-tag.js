/* global Clerk */
// The script of Clerk's guide, as it stands there, but for who is not signed in: sign-in is the app's.
window.addEventListener("load", async () => {
  await Clerk.load();
  if (Clerk.user) {
    await Clerk.user
      .update({
        unsafeMetadata: {
          birthday: "01-01-2000",
        },
      })
      .then((res) => console.log(res))
      .catch((error) => console.log("An error occurred:", error.errors));
    document.getElementById("app").textContent = JSON.stringify(Clerk.user.unsafeMetadata);
  } else {
    document.getElementById("app").innerHTML = '<a href="/">Sign in</a>';
  }
});
