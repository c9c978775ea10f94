#pragma once

#include <memory>
#include <string>

struct gnutls_certificate_credentials_st;

namespace vnc {

// The certificate and the private key with which the server says who it is.
class TlsIdentity {
  public:
    // Of the administrator's, in PEM. Both may be in one file. Throws std::runtime_error.
    static std::shared_ptr<const TlsIdentity> of_files(const std::string& certificate,
                                                       const std::string& key);
    // The one in `folder`, which is made where there is none: a key of P-256 and a certificate of this
    // machine that nobody else signed. Throws std::runtime_error, std::system_error.
    static std::shared_ptr<const TlsIdentity> own(const std::string& folder);

    TlsIdentity(const TlsIdentity&) = delete;
    TlsIdentity& operator=(const TlsIdentity&) = delete;
    ~TlsIdentity();

    // SHA-256 of the certificate, as viewers show it: "12:AB:…".
    std::string fingerprint() const;
    // It was made just now.
    bool is_new() const { return is_new_; }
    // Threads may share it: what uses it only reads.
    gnutls_certificate_credentials_st* credentials() const { return credentials_; }

  private:
    TlsIdentity();

    gnutls_certificate_credentials_st* credentials_ = nullptr;
    bool is_new_ = false;
};

}  // namespace vnc
