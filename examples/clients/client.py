"""The sample calls with Python's standard library.

USERMETA_URL, USERMETA_ADMIN_KEY and USERMETA_TOKEN (a user's access token) are set outside.
"""

import json
import os
import urllib.request

URL = os.environ["USERMETA_URL"]
ADMIN = {"Authorization": "Bearer " + os.environ["USERMETA_ADMIN_KEY"]}
USER = {"Authorization": "Bearer " + os.environ["USERMETA_TOKEN"]}
MERGE = {"Content-Type": "application/merge-patch+json"}
JSON = {"Content-Type": "application/json"}


def call(method, path, headers, body=None):
    """Prints the answer; a refusal raises urllib.error.HTTPError."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, headers, method=method)
    with urllib.request.urlopen(request) as response:
        print(response.read().decode())


# A user's own call: the unsafe tier.
call("POST", "/updateinfo", USER | JSON, {"newKey": "data"})

# A server's calls, merged deeply: what the user may read, and what not.
call(
    "PATCH",
    "/users/user_123/metadata",
    ADMIN | MERGE,
    {"publicMetadata": {"birthday": "1990-01-01"}, "privateMetadata": {"stripeId": "cus_123"}},
)

# The same as Clerk's SDKs send it.
call("PATCH", "/v1/users/user_123/metadata", ADMIN | JSON, {"public_metadata": {"example": "metadata"}})

# As SuperTokens' SDKs send it: root keys are replaced whole, None removes.
call(
    "PUT",
    "/recipe/user/metadata",
    {"api-key": os.environ["USERMETA_ADMIN_KEY"]} | JSON,
    {"userId": "user_123", "metadataUpdate": {"notifications": {"sms": True}, "todos": None}},
)

# As Bizzkit's clients send it: a record that goes into the user's tokens.
call(
    "PUT",
    "/api/user/jane.doe@example.com/metadata/profile-theme",
    ADMIN | JSON,
    {"value": "Dark Mode", "profileClaim": True},
)
call("GET", "/api/user/jane.doe@example.com/metadata", ADMIN)
