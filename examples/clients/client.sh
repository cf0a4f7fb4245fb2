#!/bin/sh
# The sample calls with curl. USERMETA_URL, USERMETA_ADMIN_KEY and USERMETA_TOKEN (a user's access token) are set outside.
set -eu

call() { # method path credentials content-type body
  curl --silent --show-error --fail-with-body --request "$1" "$USERMETA_URL$2" \
    --header "Authorization: Bearer $3" --header "Content-Type: $4" --data "$5"
  echo
}

merge="application/merge-patch+json"
json="application/json"

# A user's own call: the unsafe tier.
call POST /updateinfo "$USERMETA_TOKEN" $json '{"newKey": "data"}'

# A server's calls, merged deeply: what the user may read, and what not.
call PATCH /users/user_123/metadata "$USERMETA_ADMIN_KEY" $merge '{
  "publicMetadata": {"birthday": "1990-01-01"},
  "privateMetadata": {"stripeId": "cus_123"}
}'

# The same as Clerk's SDKs send it.
call PATCH /v1/users/user_123/metadata "$USERMETA_ADMIN_KEY" $json '{"public_metadata": {"example": "metadata"}}'

# As SuperTokens' SDKs send it: root keys are replaced whole, null removes.
curl --silent --show-error --fail-with-body --request PUT "$USERMETA_URL/recipe/user/metadata" \
  --header "api-key: $USERMETA_ADMIN_KEY" --header "Content-Type: application/json" \
  --data '{"userId": "user_123", "metadataUpdate": {"notifications": {"sms": true}, "todos": null}}'
echo

# As Bizzkit's clients send it: a record that goes into the user's tokens.
call PUT /api/user/jane.doe@example.com/metadata/profile-theme "$USERMETA_ADMIN_KEY" $json '{
  "value": "Dark Mode",
  "profileClaim": true
}'
curl --silent --show-error --fail-with-body "$USERMETA_URL/api/user/jane.doe@example.com/metadata" \
  --header "Authorization: Bearer $USERMETA_ADMIN_KEY"
echo
