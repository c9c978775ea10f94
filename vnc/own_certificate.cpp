#include "vnc/own_certificate.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdint>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <type_traits>

namespace vnc {

namespace {

void check(int result) {
    if (result < 0) throw std::runtime_error(std::string("make a certificate: ") + ::gnutls_strerror(result));
}

struct KeyEnd {
    void operator()(gnutls_x509_privkey_t key) const { ::gnutls_x509_privkey_deinit(key); }
};
struct CertificateEnd {
    void operator()(gnutls_x509_crt_t certificate) const { ::gnutls_x509_crt_deinit(certificate); }
};
using Key = std::unique_ptr<std::remove_pointer_t<gnutls_x509_privkey_t>, KeyEnd>;
using Certificate = std::unique_ptr<std::remove_pointer_t<gnutls_x509_crt_t>, CertificateEnd>;

Key make_key() {
    gnutls_x509_privkey_t made = nullptr;
    check(::gnutls_x509_privkey_init(&made));
    Key key(made);
    check(::gnutls_x509_privkey_generate2(made, GNUTLS_PK_ECDSA,
                                          GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0, nullptr, 0));
    return key;
}

void describe(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key) {
    // A host may have no name, or one that is longer than a certificate takes.
    constexpr std::size_t longest_common_name = 64;
    std::array<char, HOST_NAME_MAX + 1> host{};
    std::string name = ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "";
    if (name.empty()) name = "hvfbd";
    std::array<std::uint8_t, 16> serial{};
    check(::gnutls_rnd(GNUTLS_RND_NONCE, serial.data(), serial.size()));
    // Positive, and not 0.
    serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7FU) | 1U);
    constexpr unsigned version = 3;
    constexpr std::time_t a_day = std::time_t{24} * 60 * 60, no_end = -1;
    check(::gnutls_x509_crt_set_version(certificate, version));
    check(::gnutls_x509_crt_set_serial(certificate, serial.data(), serial.size()));
    // The clock of a machine without a battery may go back at the next start.
    check(::gnutls_x509_crt_set_activation_time(certificate, std::time(nullptr) - a_day));
    check(::gnutls_x509_crt_set_expiration_time(certificate, no_end));
    const std::string common = name.substr(0, longest_common_name);
    check(::gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, common.data(),
                                          static_cast<unsigned>(common.size())));
    check(::gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, name.data(),
                                                 static_cast<unsigned>(name.size()), GNUTLS_FSAN_SET));
    // A viewer may be told to trust it as it would an authority: it signs itself, and nothing else.
    check(::gnutls_x509_crt_set_basic_constraints(certificate, 0, -1));
    check(::gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE));
    check(::gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0));
    check(::gnutls_x509_crt_set_key(certificate, key));
    check(::gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0));
}

std::string text_of(gnutls_datum_t& datum) {
    std::string text(reinterpret_cast<const char*>(datum.data), datum.size);
    ::gnutls_memset(datum.data, 0, datum.size);
    ::gnutls_free(datum.data);
    return text;
}

}  // namespace

std::string make_own_certificate() {
    const Key key = make_key();
    gnutls_x509_crt_t made = nullptr;
    check(::gnutls_x509_crt_init(&made));
    const Certificate certificate(made);
    describe(certificate.get(), key.get());
    gnutls_datum_t text{};
    check(::gnutls_x509_crt_export2(certificate.get(), GNUTLS_X509_FMT_PEM, &text));
    std::string both = text_of(text);
    check(::gnutls_x509_privkey_export2_pkcs8(key.get(), GNUTLS_X509_FMT_PEM, nullptr, GNUTLS_PKCS_PLAIN,
                                              &text));
    return both + text_of(text);
}

}  // namespace vnc
