#pragma once

#include "access/identity.hpp"
#include "base/sha256.hpp"

#include <carrel/database.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace carrel::siem {

struct operation;

/// What one user is let in by, as a transaction left it.
struct stored_user {
    std::int64_t row = 0;
    std::vector<std::pair<base::sha256::digest, std::shared_ptr<const access::identity>>> credentials;
    std::string certificate;  // SHA-256 in hexadecimal, of one that is this user's
    std::shared_ptr<const access::identity> by_certificate;
    bool exists = false;
};

/// Of users whose rights a transaction changed.
struct stored_access {
    std::int64_t changes = 0;  // how many such transactions there were
    std::vector<stored_user> users;
};

/// A token was used from somewhere for the first time since it was made.
struct new_address {
    std::shared_ptr<const access::identity> who;
    std::string address;
    std::int64_t at = 0;
};

/// Whether an operation may change what anybody may do.
bool changes_access(const operation& what) noexcept;
/// Inside the transaction of such an operation: the users that it touched.
result<stored_access> take_touched(write_session& session);
/// All users.
result<stored_access> load_access(read_session& session);

/// Who is let in by what: in memory, so that a request costs one look-up on its shard. Any thread.
class access_in_force {
public:
    access_in_force() = default;
    access_in_force(const access_in_force&) = delete;
    access_in_force& operator=(const access_in_force&) = delete;

    /// Puts users in force, but for those of which later changes are. Once this returns, every thread sees them.
    void publish(const stored_access& stored);
    /// Reads all that is stored. Blocks; at the start.
    result<void> load(database& store);

    /// Who has the token with this digest; null if nobody has.
    std::shared_ptr<const access::identity> find(const base::sha256::digest& digest) const;
    std::shared_ptr<const access::identity> find_certificate(std::string_view fingerprint) const;
    /// Grows whenever something that was found may not be so any more: an answer may be kept until then.
    std::uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }
    /// Whether anybody at all is known; until then nobody has to log in.
    bool has_users() const noexcept { return users_.load(std::memory_order_acquire) != 0; }
    /// Notes where a token is used from: of each token the first `addresses_max` addresses. To be called whenever a connection
    /// begins to use it.
    void note_address(const std::shared_ptr<const access::identity>& who, std::string_view address, std::int64_t now);
    /// What was noted since the last call, each once.
    std::vector<new_address> take_new_addresses();
    /// Sessions and tokens used since `since`, with when: what is written down now and then.
    std::vector<std::pair<std::shared_ptr<const access::identity>, std::int64_t>> used_since(std::int64_t since) const;

private:
    struct hash_of_digest {
        std::size_t operator()(const base::sha256::digest& digest) const noexcept;
    };
    struct known_user {
        std::int64_t changes = -1;
        bool exists = false;
        std::string certificate;
        std::vector<base::sha256::digest> digests;
    };
    void erase_credentials(known_user& user);
    static constexpr std::size_t addresses_max = 100;

    mutable std::shared_mutex mutex_;
    // Guarded by mutex_.
    std::unordered_map<base::sha256::digest, std::shared_ptr<const access::identity>, hash_of_digest> by_digest_;
    std::unordered_map<std::string, std::shared_ptr<const access::identity>> by_certificate_;
    std::unordered_map<std::int64_t, known_user> known_;

    mutable std::mutex addresses_mutex_;
    // Guarded by addresses_mutex_.
    std::unordered_map<std::int64_t, std::set<std::string, std::less<>>> addresses_;  // by the token's row
    std::vector<new_address> new_addresses_;

    std::atomic<std::uint64_t> generation_{1};
    std::atomic<std::size_t> users_{0};
};

}  // namespace carrel::siem
