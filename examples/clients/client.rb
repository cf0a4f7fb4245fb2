# The sample calls with Ruby's standard library. USERMETA_URL, USERMETA_ADMIN_KEY and USERMETA_TOKEN (a user's access
# token) are set outside.
require "json"
require "net/http"

URL = ENV.fetch("USERMETA_URL")
ADMIN = { "Authorization" => "Bearer #{ENV.fetch("USERMETA_ADMIN_KEY")}" }.freeze
USER = { "Authorization" => "Bearer #{ENV.fetch("USERMETA_TOKEN")}" }.freeze
MERGE = { "Content-Type" => "application/merge-patch+json" }.freeze
JSON_TYPE = { "Content-Type" => "application/json" }.freeze

# Prints the answer; a refusal raises.
def call(method, path, headers, body = nil)
  uri = URI(URL + path)
  request = Net::HTTPGenericRequest.new(method, !body.nil?, true, uri, headers)
  request.body = JSON.generate(body) if body
  response = Net::HTTP.start(uri.hostname, uri.port, use_ssl: uri.scheme == "https") { |http| http.request(request) }
  response.value
  puts response.body
end

# A user's own call: the unsafe tier.
call "POST", "/updateinfo", USER.merge(JSON_TYPE), { newKey: "data" }

# A server's calls, merged deeply: what the user may read, and what not.
call "PATCH", "/users/user_123/metadata", ADMIN.merge(MERGE), {
  publicMetadata: { birthday: "1990-01-01" },
  privateMetadata: { stripeId: "cus_123" }
}

# The same as Clerk's SDKs send it.
call "PATCH", "/v1/users/user_123/metadata", ADMIN.merge(JSON_TYPE), { public_metadata: { example: "metadata" } }

# As SuperTokens' SDKs send it: root keys are replaced whole, nil removes.
call "PUT", "/recipe/user/metadata", { "api-key" => ENV.fetch("USERMETA_ADMIN_KEY") }.merge(JSON_TYPE), {
  userId: "user_123",
  metadataUpdate: { notifications: { sms: true }, todos: nil }
}

# As Bizzkit's clients send it: a record that goes into the user's tokens.
call "PUT", "/api/user/jane.doe@example.com/metadata/profile-theme", ADMIN.merge(JSON_TYPE), {
  value: "Dark Mode",
  profileClaim: true
}
call "GET", "/api/user/jane.doe@example.com/metadata", ADMIN
