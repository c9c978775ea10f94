#include "vnc/tls_identity.h"

#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>

#include "common/descriptor.h"
#include "vnc/own_certificate.h"

namespace vnc {

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::system_category(), what);
}

void flush(const hvfbd::Descriptor& file, const std::string& path) {
    if (::fsync(file.get()) < 0) fail("write " + path);
}

// Whole, or not at all: a key that is half there after a loss of power would be no key for ever.
void write_whole(const std::string& folder, const std::string& path, const std::string& text) {
    const std::string part = path + ".part";
    ::unlink(part.c_str());
    const hvfbd::Descriptor file(
        ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file) fail("write " + part);
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written >= 0 && static_cast<std::size_t>(written) != text.size()) errno = ENOSPC;
    if (written != static_cast<ssize_t>(text.size())) fail("write " + part);
    flush(file, part);
    if (::rename(part.c_str(), path.c_str()) < 0) fail("write " + path);
    const hvfbd::Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory) flush(directory, folder);
}

}  // namespace

TlsIdentity::TlsIdentity() {
    if (::gnutls_certificate_allocate_credentials(&credentials_) < 0) throw std::bad_alloc();
}

TlsIdentity::~TlsIdentity() {
    ::gnutls_certificate_free_credentials(credentials_);
}

std::shared_ptr<const TlsIdentity> TlsIdentity::of_files(const std::string& certificate,
                                                         const std::string& key) {
    // What GnuTLS says of a file that cannot be read is that it could not be.
    for (const std::string& path : {certificate, key})
        if (::access(path.c_str(), R_OK) < 0) fail("read " + path);
    const std::shared_ptr<TlsIdentity> made(new TlsIdentity);
    const int result = ::gnutls_certificate_set_x509_key_file2(made->credentials_, certificate.c_str(),
                                                               key.c_str(), GNUTLS_X509_FMT_PEM, nullptr, 0);
    if (result < 0)
        throw std::runtime_error("take the certificate of " + certificate + " and the key of " + key + ": " +
                                 ::gnutls_strerror(result) +
                                 "; both are PEM, the key has no password and belongs to the certificate");
    return made;
}

std::shared_ptr<const TlsIdentity> TlsIdentity::own(const std::string& folder) {
    const std::string path = folder + "/identity.pem";
    bool is_new = false;
    struct stat status {};
    if (::stat(path.c_str(), &status) < 0) {
        if (errno != ENOENT) fail("read " + path);
        write_whole(folder, path, make_own_certificate());
        is_new = true;
    }
    auto made = std::const_pointer_cast<TlsIdentity>(of_files(path, path));
    made->is_new_ = is_new;
    return made;
}

std::string TlsIdentity::fingerprint() const {
    gnutls_datum_t certificate{};
    constexpr std::size_t size_of_sha256 = 32;
    std::array<unsigned char, size_of_sha256> sum{};
    std::size_t size = sum.size();
    int result = ::gnutls_certificate_get_crt_raw(credentials_, 0, 0, &certificate);
    if (result >= 0) result = ::gnutls_fingerprint(GNUTLS_DIG_SHA256, &certificate, sum.data(), &size);
    if (result < 0) throw std::runtime_error(std::string("read a certificate: ") + ::gnutls_strerror(result));
    std::string text;
    for (const unsigned char byte : sum) {
        std::array<char, 4> two{};
        std::snprintf(two.data(), two.size(), "%s%02X", text.empty() ? "" : ":", byte);
        text += two.data();
    }
    return text;
}

}  // namespace vnc
