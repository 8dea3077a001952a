#include "siem/access_in_force.hpp"

#include "base/hex.hpp"
#include "siem/accounts.hpp"

#include <cstring>
#include <mutex>
#include <utility>

namespace carrel::siem {

namespace {

constexpr std::string_view user_columns =
    "SELECT users.seq, users.id, users.username, users.role, users.active, users.must_change_password, "
    "users.certificate FROM users";

struct user_row {
    std::int64_t seq = 0;
    std::string id, username, role;
    std::int64_t active = 0, must_change_password = 0;
    std::optional<std::string> certificate;
};

struct session_row {
    std::int64_t seq = 0;
    std::string id;
    std::int64_t created_at = 0, last_used_at = 0, expires_at = 0;
    std::string hash;
};

struct token_row {
    std::int64_t seq = 0;
    std::string id;
    std::int64_t created_at = 0;
    std::optional<std::int64_t> last_used_at, expires_at;
    std::string scopes, hash;
};

// What is no hash is nobody's: of zeros alone no secret is known.
base::sha256::digest digest_from(std::string_view hex) {
    base::sha256::digest made{};
    const auto bytes = base::from_hex(hex);
    if (bytes && bytes->size() == made.size()) std::memcpy(made.data(), bytes->data(), made.size());
    return made;
}

std::shared_ptr<access::identity> identity_of(const user_row& user, access::credential by, permission_set may) {
    auto made = std::make_shared<access::identity>();
    made->by = by;
    made->user_row = user.seq;
    made->user_id = user.id;
    made->username = user.username;
    made->role = user.role;
    made->may = may;
    return made;
}

class user_loader {
public:
    explicit user_loader(read_session& session)
        : session_(session) {}

    result<stored_user> load(const user_row& user) {
        stored_user made;
        made.row = user.seq;
        made.exists = true;
        if (user.active == 0) return made;
        auto may = rights_of_role(session_, user.role);
        if (!may) return may.error();
        if (auto done = add_sessions(user, *may, made); !done) return done.error();
        if (auto done = add_tokens(user, *may, made); !done) return done.error();
        if (user.certificate) {
            made.certificate = *user.certificate;
            made.by_certificate = identity_of(user, access::credential::certificate, *may);
        }
        return made;
    }

private:
    result<void> add_sessions(const user_row& user, permission_set may, stored_user& into) {
        auto rows = session_.all<session_row>(
            read_sql("SELECT seq, id, created_at, last_used_at, expires_at, hash FROM sessions WHERE user_id = ?"),
            user.id);
        if (!rows) return rows.error();
        for (const session_row& each : *rows) {
            auto made = identity_of(user, access::credential::session, may);
            made->credential_row = each.seq;
            made->credential_id = each.id;
            made->created_at = each.created_at;
            made->expires_at = each.expires_at;
            made->idle_max = std::chrono::microseconds(accounts_in_force().session_idle_max).count();
            made->must_change_password = user.must_change_password != 0;
            made->last_used_at = each.last_used_at;
            into.credentials.emplace_back(digest_from(each.hash), std::move(made));
        }
        return {};
    }

    result<void> add_tokens(const user_row& user, permission_set may, stored_user& into) {
        auto rows = session_.all<token_row>(
            read_sql(
                "SELECT seq, id, created_at, last_used_at, expires_at, scopes, hash FROM api_tokens WHERE user_id = ?"),
            user.id);
        if (!rows) return rows.error();
        for (const token_row& each : *rows) {
            const permission_set scopes = permissions_in(each.scopes);
            auto made = identity_of(user, access::credential::token, scopes.is_empty() ? may : scopes & may);
            made->credential_row = each.seq;
            made->credential_id = each.id;
            made->created_at = each.created_at;
            made->expires_at = each.expires_at.value_or(0);
            made->last_used_at = each.last_used_at.value_or(0);
            into.credentials.emplace_back(digest_from(each.hash), std::move(made));
        }
        return {};
    }

    read_session& session_;
};

result<std::int64_t> changes_of(read_session& session) {
    auto changes = session.first_integer("SELECT changes FROM access_changes");
    if (!changes) return changes.error();
    return changes->value_or(0);
}

}  // namespace

bool changes_access(const operation& what) noexcept {
    return what.is_write() &&
           (what.of == &users() || what.of == &roles() || what.of == &api_tokens() || what.of == &sessions());
}

result<stored_access> take_touched(write_session& session) {
    stored_access made;
    auto touched = session.all<std::int64_t>(read_sql("SELECT user FROM access_touched"));
    if (!touched) return touched.error();
    if (touched->empty()) return made;
    if (auto done = session.execute("DELETE FROM access_touched"); !done) return done.error();
    if (auto done = session.execute("UPDATE access_changes SET changes = changes + 1"); !done) return done.error();
    auto changes = changes_of(session);
    if (!changes) return changes.error();
    made.changes = *changes;
    for (const std::int64_t row : *touched) {
        auto user = session.first<user_row>(read_sql::dynamic(std::string(user_columns) + " WHERE seq = ?"), row);
        if (!user) return user.error();
        if (!*user) {
            made.users.emplace_back().row = row;
            continue;
        }
        auto loaded = user_loader(session).load(**user);
        if (!loaded) return loaded.error();
        made.users.push_back(std::move(*loaded));
    }
    return made;
}

result<stored_access> load_access(read_session& session) {
    stored_access made;
    auto changes = changes_of(session);
    if (!changes) return changes.error();
    made.changes = *changes;
    auto all = session.all<user_row>(read_sql::dynamic(std::string(user_columns)));
    if (!all) return all.error();
    for (const user_row& each : *all) {
        auto loaded = user_loader(session).load(each);
        if (!loaded) return loaded.error();
        made.users.push_back(std::move(*loaded));
    }
    return made;
}

std::size_t access_in_force::hash_of_digest::operator()(const base::sha256::digest& digest) const noexcept {
    std::size_t first = 0;
    std::memcpy(&first, digest.data(), sizeof first);
    return first;
}

void access_in_force::erase_credentials(known_user& user) {
    for (const auto& each : user.digests) by_digest_.erase(each);
    if (!user.certificate.empty()) by_certificate_.erase(user.certificate);
    user.digests.clear();
    user.certificate.clear();
}

void access_in_force::publish(const stored_access& stored) {
    if (stored.users.empty()) return;
    const std::unique_lock lock(mutex_);
    for (const stored_user& each : stored.users) {
        known_user& user = known_[each.row];
        if (stored.changes < user.changes) continue;
        user.changes = stored.changes;
        // When somebody was last here is known better in memory.
        for (const auto& [digest, made] : each.credentials)
            if (const auto was = by_digest_.find(digest); was != by_digest_.end())
                made->last_used_at = std::max(made->last_used_at.load(), was->second->last_used_at.load());
        erase_credentials(user);
        for (const auto& [digest, made] : each.credentials) {
            by_digest_[digest] = made;
            user.digests.push_back(digest);
        }
        if (each.by_certificate != nullptr) by_certificate_[each.certificate] = each.by_certificate;
        user.certificate = each.certificate;
        if (user.exists != each.exists) users_.fetch_add(each.exists ? 1 : static_cast<std::size_t>(-1));
        user.exists = each.exists;
    }
    generation_.fetch_add(1, std::memory_order_release);
}

result<void> access_in_force::load(database& store) {
    auto stored = store.read([](read_session& session) { return load_access(session); });
    if (!stored) return stored.error();
    publish(*stored);
    auto seen = store.read([](read_session& session) {
        return session.all<std::pair<std::int64_t, std::string>>(
            read_sql("SELECT token, address FROM token_addresses"));
    });
    if (!seen) return seen.error();
    const std::lock_guard lock(addresses_mutex_);
    for (auto& [token, address] : *seen) addresses_[token].insert(std::move(address));
    return {};
}

void access_in_force::note_address(const std::shared_ptr<const access::identity>& who, std::string_view address,
                                   std::int64_t now) {
    if (who->by != access::credential::token) return;
    const std::lock_guard lock(addresses_mutex_);
    auto& known = addresses_[who->credential_row];
    if (known.size() >= addresses_max || known.contains(address)) return;
    known.emplace(address);
    new_addresses_.push_back({who, std::string(address), now});
}

std::vector<new_address> access_in_force::take_new_addresses() {
    const std::lock_guard lock(addresses_mutex_);
    return std::exchange(new_addresses_, {});
}

std::shared_ptr<const access::identity> access_in_force::find(const base::sha256::digest& digest) const {
    const std::shared_lock lock(mutex_);
    const auto found = by_digest_.find(digest);
    return found == by_digest_.end() ? nullptr : found->second;
}

std::shared_ptr<const access::identity> access_in_force::find_certificate(std::string_view fingerprint) const {
    const std::shared_lock lock(mutex_);
    const auto found = by_certificate_.find(std::string(fingerprint));
    return found == by_certificate_.end() ? nullptr : found->second;
}

std::vector<std::pair<std::shared_ptr<const access::identity>, std::int64_t>> access_in_force::used_since(
    std::int64_t since) const {
    std::vector<std::pair<std::shared_ptr<const access::identity>, std::int64_t>> used;
    const std::shared_lock lock(mutex_);
    for (const auto& [digest, each] : by_digest_)
        if (const auto last = each->last_used_at.load(std::memory_order_relaxed); last > since)
            used.emplace_back(each, last);
    return used;
}

}  // namespace carrel::siem
