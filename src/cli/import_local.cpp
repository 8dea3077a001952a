#include "cli/import_target.hpp"
#include "cli/local_operation.hpp"
#include "cli/options.hpp"

#include <carrel/database.hpp>

namespace carrel::cli {
namespace {

class local_import final : public import_target {
public:
    explicit local_import(database store)
        : store_(std::move(store)),
          operations_(store_) {}

    result<std::string> post(std::string_view path, bool dry_run, std::string_view body) override {
        siem::call call;
        if (dry_run) call.query.emplace_back("dry_run", "true");
        call.file = body;
        auto done = operations_.run(siem::method::post, path, std::move(call));
        if (!done) return done.error();
        return std::move(done->body);
    }

private:
    database store_;
    local_operations operations_;
};

}  // namespace

result<std::unique_ptr<import_target>> make_local_import(const std::string& path) {
    auto store = database::open(store_options(path));
    if (!store) return store.error();
    return std::unique_ptr<import_target>(std::make_unique<local_import>(std::move(*store)));
}

}  // namespace carrel::cli
