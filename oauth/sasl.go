package oauth

import (
	"github.com/emersion/go-sasl"

	"postolka/store"
)

// XOAUTH2 is the mechanism's name; Google and Microsoft know it.
const XOAUTH2 = "XOAUTH2"

// Client hands over the token: by RFC 7628 where the server knows it (bearer),
// else in the way of Google. When a server describes an error, both answer what
// is expected, and then it refuses.
func Client(login store.Login, srv store.Server, bearer bool) sasl.Client {
	if bearer {
		return oauthBearer{sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: login.User, Token: login.Token, Host: srv.Host, Port: srv.Port})}
	}
	return xoauth2(login)
}

type oauthBearer struct{ sasl.Client }

func (oauthBearer) Next([]byte) ([]byte, error) { return []byte{1}, nil }

type xoauth2 store.Login

func (x xoauth2) Start() (mechanism string, first []byte, err error) {
	return XOAUTH2, []byte("user=" + x.User + "\x01auth=Bearer " + x.Token + "\x01\x01"), nil
}

func (xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }
