// Secrets at rest: what opens them, what does not, and who may have the key.
#include "base/secret_box.hpp"

#include <boost/test/unit_test.hpp>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using carrel::base::secret_box;
namespace fs = std::filesystem;

namespace {

struct key_directory {
    key_directory() {
        std::string path = (fs::temp_directory_path() / "carrel-key-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(path.data()) != nullptr);
        directory = path;
    }
    key_directory(const key_directory&) = delete;
    key_directory& operator=(const key_directory&) = delete;
    ~key_directory() { fs::remove_all(directory); }

    std::string path(const char* name = "key") const { return (directory / name).string(); }
    std::string file(const std::string& content, mode_t mode = 0600) const {
        const auto at = path("given");
        fs::remove(at);
        std::ofstream(at, std::ios::binary) << content;
        BOOST_REQUIRE(::chmod(at.c_str(), mode) == 0);
        return at;
    }
    fs::path directory;
};

std::string fault_of(const std::string& path) {
    const auto box = secret_box::load(path);
    return box ? "none" : box.error().text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(secrets)

BOOST_AUTO_TEST_CASE(what_is_sealed_opens_again_in_its_context) {
    const key_directory keys;
    const auto box = secret_box::create(keys.path()).value();
    for (const std::string& plain :
         {std::string(), std::string("token"), std::string("a\0b\xff", 4), std::string(100'000, 'x')}) {
        const auto sealed = box.seal(plain, "actions/7/token");
        BOOST_TEST(sealed.starts_with("v1."));
        BOOST_TEST((plain.empty() || sealed.find(plain) == sealed.npos));
        BOOST_TEST((box.open(sealed, "actions/7/token").value() == plain));
        BOOST_TEST((secret_box::load(keys.path()).value().open(sealed, "actions/7/token").value() == plain));
        BOOST_TEST(box.seal(plain, "actions/7/token") != sealed);  // the nonce is another
    }
}

BOOST_AUTO_TEST_CASE(another_context_or_key_does_not_open_it) {
    const key_directory keys;
    const auto box = secret_box::create(keys.path()).value();
    const auto other = secret_box::create(keys.path("other")).value();
    const auto sealed = box.seal("token", "actions/7/token");
    const std::string fault =
        "the secret cannot be opened: it was changed, belongs to something else, or was sealed with another key";
    for (const char* context : {"actions/8/token", "actions/7/toke", "actions/7/token ", ""})
        BOOST_TEST(box.open(sealed, context).error().text == fault, context);
    BOOST_TEST(other.open(sealed, "actions/7/token").error().text == fault);
}

BOOST_AUTO_TEST_CASE(a_change_anywhere_is_noticed) {
    const key_directory keys;
    const auto box = secret_box::create(keys.path()).value();
    const auto sealed = box.seal("token", "c");
    for (std::size_t at = 0; at < sealed.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            auto changed = sealed;
            changed[at] = static_cast<char>(changed[at] ^ 1 << bit);
            BOOST_TEST(!box.open(changed, "c").has_value(), at << "/" << bit);
        }
        BOOST_TEST(!box.open(sealed.substr(0, at), "c").has_value(), at);
    }
    BOOST_TEST(!box.open(sealed + "A", "c").has_value());
    BOOST_TEST(box.open("v2." + sealed.substr(3), "c").error().text ==
               "the secret is not in a form that this program knows");
    BOOST_TEST(box.open("v1.AAAA", "c").error().text == "the sealed secret is damaged");
}

BOOST_AUTO_TEST_CASE(a_key_file_is_made_for_its_owner_alone_and_once) {
    const key_directory keys;
    const auto before = ::umask(0);
    BOOST_TEST(secret_box::create(keys.path()).has_value());
    ::umask(before);
    struct stat about {};
    BOOST_REQUIRE(::stat(keys.path().c_str(), &about) == 0);
    BOOST_TEST((about.st_mode & 07777) == 0600u);
    BOOST_TEST(about.st_size == 32);
    BOOST_TEST(secret_box::create(keys.path()).error().text ==
               "the key file " + keys.path() + " cannot be made: File exists");
    fs::create_symlink(keys.path("absent"), keys.path("link"));
    BOOST_TEST(!secret_box::create(keys.path("link")).has_value());
    BOOST_TEST(!fs::exists(keys.path("absent")));
    BOOST_TEST(!secret_box::create(keys.path("no/such")).has_value());
}

BOOST_AUTO_TEST_CASE(a_key_file_that_others_may_use_is_refused) {
    const key_directory keys;
    const std::string key(32, 'k');
    for (const mode_t mode : {0640u, 0604u, 0620u, 0602u, 0644u, 0660u, 0666u, 0610u})
        BOOST_TEST(fault_of(keys.file(key, mode)).find("its mode should be 0600") != std::string::npos, mode);
    BOOST_TEST(fault_of(keys.file(key, 0400)) == "none");
    BOOST_TEST(fault_of(keys.file(key, 0600)) == "none");
    BOOST_TEST(fault_of(keys.path("absent")) ==
               "the key file " + keys.path("absent") + " cannot be opened: No such file or directory");
    BOOST_TEST(fault_of(keys.directory.string()).find("is no regular file") != std::string::npos);
    if (::geteuid() != 0) return;  // only root may give a file away
    const auto path = keys.file(key);
    BOOST_REQUIRE(::chown(path.c_str(), 1234, 1234) == 0);
    BOOST_TEST(fault_of(path) == "the key file " + path + " belongs to another user");
}

BOOST_AUTO_TEST_CASE(a_key_is_32_bytes_or_64_digits) {
    const key_directory keys;
    const std::string hex = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
    std::string raw;
    for (int i = 0; i < 32; ++i) raw.push_back(static_cast<char>(i));
    const auto sealed = secret_box::load(keys.file(raw)).value().seal("token", "c");
    BOOST_TEST(secret_box::load(keys.file(hex)).value().open(sealed, "c").value() == "token");
    BOOST_TEST(secret_box::load(keys.file(hex + "\n")).value().open(sealed, "c").value() == "token");
    for (const std::string& bad : {std::string(), raw.substr(1), raw + "x", hex.substr(1), hex + "0", hex + "\n\n",
                                   hex.substr(1) + "g", std::string(1000, 'a')})
        BOOST_TEST(fault_of(keys.file(bad)).ends_with("holds neither 32 bytes nor 64 hexadecimal digits"), bad);
}

BOOST_AUTO_TEST_CASE(a_secret_is_wiped) {
    std::string secret = "token";
    carrel::base::wipe(secret);
    BOOST_TEST(secret.empty());
    for (int at = 0; at < 5; ++at) BOOST_TEST(secret.data()[at] == '\0');  // short texts are kept in the object itself
}

BOOST_AUTO_TEST_SUITE_END()
