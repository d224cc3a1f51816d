/** A self-signed certificate of `cache.example.org` for a hundred years, and its key, which protects nothing. */
export const certificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBrDCCAVKgAwIBAgITbDcJti7pbIIrHsIkiKa0XRnwizAKBggqhkjOPQQDAjAc
MRowGAYDVQQDDBFjYWNoZS5leGFtcGxlLm9yZzAgFw0yNjExMjgwMjUxMDNaGA8y
MTI2MTEwNDAyNTEwM1owHDEaMBgGA1UEAwwRY2FjaGUuZXhhbXBsZS5vcmcwWTAT
BgcqhkjOPQIBBggqhkjOPQMBBwNCAARfBNia5xd4L6fbvlzVKrivy8+v4TyaiEMN
MHGuenhWy+aLqyDVTOkKtVpmG0x+PQbYVJQGcLvgPDbDAvH++esXo3EwbzAdBgNV
HQ4EFgQUVaAFmDJCfrPrsX+5zbIfpN8Yty4wHwYDVR0jBBgwFoAUVaAFmDJCfrPr
sX+5zbIfpN8Yty4wDwYDVR0TAQH/BAUwAwEB/zAcBgNVHREEFTATghFjYWNoZS5l
eGFtcGxlLm9yZzAKBggqhkjOPQQDAgNIADBFAiBUyYVpgZUE//WdCIxnIbRtlWm0
8AXXgSWaOaa9dV02RQIhAIBGaDNvbrLii9vUECeNg1uO8+mSfOI7jrVz2gtBcI9K
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgn75AKd+Ga7YhfS50
pClBjaXBhWE3nQf/Gkeh6/1cJXChRANCAARfBNia5xd4L6fbvlzVKrivy8+v4Tya
iEMNMHGuenhWy+aLqyDVTOkKtVpmG0x+PQbYVJQGcLvgPDbDAvH++esX
-----END PRIVATE KEY-----
`,
};
