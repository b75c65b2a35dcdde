"""Who is who: passwords, second factors, the first administrator, OpenID Connect."""
