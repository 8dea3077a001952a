#pragma once

namespace carrel::fuzz {

// A key that protects nothing, and its certificate: an input means the same in every run.
inline constexpr char tls_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCJkNyUnk7jg2yXTJ\n"
    "2WxuP5ft939jzHkVTlEBrmcOoxWhRANCAARNDWg6KvIFH1mGP0GqQm5FzdsvF/iX\n"
    "5HGTMbneEjwaHTj4fpnBgBmqnOgaXG5P3vkB7mkPOhraVsSD22obZsz3\n"
    "-----END PRIVATE KEY-----\n";
inline constexpr char tls_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdDCCARugAwIBAgIUEXWgv2BBGABj0ZNgxhVA1i9lzhQwCgYIKoZIzj0EAwIw\n"
    "DzENMAsGA1UEAwwEZnV6ejAgFw0yNjExMjYyMjAxNDFaGA8yMTI2MTEwMjIyMDE0\n"
    "MVowDzENMAsGA1UEAwwEZnV6ejBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABE0N\n"
    "aDoq8gUfWYY/QapCbkXN2y8X+JfkcZMxud4SPBodOPh+mcGAGaqc6Bpcbk/e+QHu\n"
    "aQ86GtpWxIPbahtmzPejUzBRMB0GA1UdDgQWBBQr7j27/ioqUK5rt7y/6NM2xK97\n"
    "BzAfBgNVHSMEGDAWgBQr7j27/ioqUK5rt7y/6NM2xK97BzAPBgNVHRMBAf8EBTAD\n"
    "AQH/MAoGCCqGSM49BAMCA0cAMEQCIHe/GPjC4FPs0V3DLkbDl9GttLmfewJExRVi\n"
    "nuGFqmzMAiAP/iNyVavCPeSdB8eqlDVJS/O0KG0pI9NswiH0TW/AVg==\n"
    "-----END CERTIFICATE-----\n";

}  // namespace carrel::fuzz
