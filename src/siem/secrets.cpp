#include "siem/secrets.hpp"

#include "base/secret_box.hpp"

#include <filesystem>
#include <memory>
#include <mutex>

namespace carrel::siem {

namespace {

using base::failure;
using base::outcome;
using base::secret_box;

// Holds the key of the process once it was needed.
class key_holder {
public:
    void set(key_source where) {
        const std::lock_guard lock(mutex_);
        where_ = std::move(where);
        box_.reset();
    }

    /// A box that outlives a change of the source. A failure is tried again the next time.
    outcome<std::shared_ptr<const secret_box>> get(bool to_seal) {
        const std::lock_guard lock(mutex_);
        if (box_) return box_;
        auto made = make(to_seal);
        if (made) return box_ = std::make_shared<const secret_box>(std::move(*made));
        if (where_.log) where_.log(log_level::error, "secrets cannot be used: " + made.error().text);
        return failure{"the server's key for secrets cannot be used; its log says why"};
    }

    outcome<void> check() {
        const std::lock_guard lock(mutex_);
        if (where_.path.empty() || (where_.may_create && !is_there())) return {};
        auto made = secret_box::load(where_.path);
        if (!made) return made.error();
        return {};
    }

private:
    bool is_there() const {
        std::error_code ec;
        return std::filesystem::exists(std::filesystem::symlink_status(where_.path, ec));
    }

    // Of two that begin at once in two processes one makes the file, and the other finds it.
    outcome<secret_box> make(bool to_seal) const {
        if (where_.path.empty()) return secret_box::ephemeral();
        if (to_seal && where_.may_create && !is_there())
            if (auto made = secret_box::create(where_.path); made || !is_there()) return made;
        return secret_box::load(where_.path);
    }

    std::mutex mutex_;
    key_source where_;
    std::shared_ptr<const secret_box> box_;
};

key_holder& holder() {
    static key_holder one;
    return one;
}

}  // namespace

void set_key_source(key_source where) { holder().set(std::move(where)); }

outcome<void> check_key() { return holder().check(); }

outcome<std::string> seal_secret(std::string_view plain, std::string_view place) {
    const auto box = holder().get(true);
    if (!box) return box.error();
    return (*box)->seal(plain, place);
}

outcome<std::string> open_secret(std::string_view sealed, std::string_view place) {
    const auto box = holder().get(false);
    if (!box) return box.error();
    return (*box)->open(sealed, place);
}

}  // namespace carrel::siem
