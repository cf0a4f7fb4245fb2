// The sample calls with Go's standard library. USERMETA_URL, USERMETA_ADMIN_KEY and USERMETA_TOKEN (a user's access
// token) are set outside.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

const (
	mergeType = "application/merge-patch+json"
	jsonType  = "application/json"
)

type object map[string]any

var (
	key   = os.Getenv("USERMETA_ADMIN_KEY")
	admin = header{"Authorization", "Bearer " + key}
	user  = header{"Authorization", "Bearer " + os.Getenv("USERMETA_TOKEN")}
)

type header struct{ name, value string }

// call prints the answer; a refusal ends the program.
func call(method, path string, credentials header, contentType string, body object) {
	data := []byte{}
	if body != nil {
		data, _ = json.Marshal(body)
	}
	request, err := http.NewRequest(method, os.Getenv("USERMETA_URL")+path, bytes.NewReader(data))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set(credentials.name, credentials.value)
	if body != nil {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 400 {
		log.Fatal(response.Status, err, string(answer))
	}
	fmt.Println(string(answer))
}

func main() {
	// A user's own call: the unsafe tier.
	call("POST", "/updateinfo", user, jsonType, object{"newKey": "data"})

	// A server's calls, merged deeply: what the user may read, and what not.
	call("PATCH", "/users/user_123/metadata", admin, mergeType, object{
		"publicMetadata":  object{"birthday": "1990-01-01"},
		"privateMetadata": object{"stripeId": "cus_123"},
	})

	// The same as Clerk's SDKs send it.
	call("PATCH", "/v1/users/user_123/metadata", admin, jsonType, object{
		"public_metadata": object{"example": "metadata"},
	})

	// As SuperTokens' SDKs send it: root keys are replaced whole, nil removes.
	call("PUT", "/recipe/user/metadata", header{"api-key", key}, jsonType, object{
		"userId":         "user_123",
		"metadataUpdate": object{"notifications": object{"sms": true}, "todos": nil},
	})

	// As Bizzkit's clients send it: a record that goes into the user's tokens.
	call("PUT", "/api/user/jane.doe@example.com/metadata/profile-theme", admin, jsonType, object{
		"value":        "Dark Mode",
		"profileClaim": true,
	})
	call("GET", "/api/user/jane.doe@example.com/metadata", admin, "", nil)
}
