#include "cli/command.hpp"
#include "cli/self_signed.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <vector>

namespace carrel::cli {
namespace {

struct cert_settings {
    std::string certificate_file = "carrel.crt", key_file = "carrel.key";
    std::vector<std::string> hosts;
    int days = 365;
};

std::vector<std::string> default_hosts() {
    std::vector<std::string> hosts{"localhost", "127.0.0.1", "::1"};
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return hosts;
    const std::string own = name.data();
    if (is_certifiable(own) && std::find(hosts.begin(), hosts.end(), own) == hosts.end()) hosts.push_back(own);
    return hosts;
}

// A new file with all of the text, or none. Zero, or why not.
int write_new(const std::string& path, const std::string& text, mode_t mode) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor < 0) return errno;
    const bool is_whole = ::fchmod(descriptor, mode) == 0 &&
                          ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                          ::fsync(descriptor) == 0;
    const int why = is_whole ? 0 : errno != 0 ? errno : ENOSPC;
    ::close(descriptor);
    if (!is_whole) ::unlink(path.c_str());
    return why;
}

int refuse(const std::string& path, int why) {
    const bool is_forbidden = why == EACCES || why == EPERM || why == EROFS;
    return unusable("cert: " + path + ": " + (why == EEXIST ? "is there already" : std::strerror(why)),
                    is_forbidden ? exit_permission : exit_file);
}

}  // namespace

int cert(std::span<char*> arguments) {
    cert_settings settings;
    CLI::App app("Makes a private key and a certificate that it signs itself. What is there is not overwritten.",
                 "cert");
    app.add_option("--host", settings.hosts,
                   "name or address of the server, may be repeated (default: localhost, 127.0.0.1, ::1 and this host)")
        ->delimiter(',');
    app.add_option("--days", settings.days, "how long it is good")->check(CLI::Range(1, 3'650))->capture_default_str();
    app.add_option("--cert", settings.certificate_file, "file for the certificate")->capture_default_str();
    app.add_option("--key", settings.key_file, "file for the private key")->capture_default_str();
    if (const auto ended = parse(app, arguments)) return *ended;
    if (settings.hosts.empty()) settings.hosts = default_hosts();
    for (const auto& host : settings.hosts)
        if (!is_certifiable(host)) return unusable("cert: --host: '" + host + "' is no name of a host and no address");
    struct stat about {};
    for (const auto& path : {settings.certificate_file, settings.key_file})
        if (::lstat(path.c_str(), &about) == 0) return refuse(path, EEXIST);

    const auto made = make_self_signed(settings.hosts, std::chrono::hours(24) * settings.days);
    if (!made) return unusable("cert: OpenSSL could not make a certificate", exit_failed);
    if (const int why = write_new(settings.key_file, made->key, 0600)) return refuse(settings.key_file, why);
    if (const int why = write_new(settings.certificate_file, made->certificate, 0644)) {
        ::unlink(settings.key_file.c_str());
        return refuse(settings.certificate_file, why);
    }
    std::cout << settings.certificate_file << " and " << settings.key_file << ": good for " << settings.days
              << " days as";
    for (const auto& host : settings.hosts) std::cout << ' ' << host;
    std::cout << "\nSHA-256 " << made->sha256 << std::endl;
    return exit_done;
}

}  // namespace carrel::cli
