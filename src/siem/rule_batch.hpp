#pragma once

#include "siem/rules.hpp"

#include <functional>
#include <set>

// Rules that come from files: an import's, or a feed's.
namespace carrel::siem {

/// What came of one rule, or of a file that has none.
struct rule_fault {
    std::string file;
    std::int64_t line = 0;
    std::string detail;
    std::string rule_id = {};
};

struct rule_batch {
    static constexpr std::size_t faults_max = 100;
    static constexpr std::size_t rules_max = 50'000;

    std::vector<record> rows;
    std::vector<std::string> files;  // of each row
    std::int64_t rejected = 0;
    std::vector<rule_fault> faults;  // the first
};

/// Reads texts of Sigma documents, each a rule or a fault. On a thread that nobody waits for: YAML takes its time.
class rule_reader {
public:
    rule_reader(const call& request, rule_batch& into)
        : request_(request),
          into_(into) {}

    void take_text(std::string_view file, std::string_view text);
    void reject(std::string_view file, std::int64_t line, std::string detail);

private:
    void reject(std::string_view file, const sigma::faults& wrong, std::size_t first_line);
    void take_document(std::string_view file, std::string_view text, std::size_t first_line);

    const call& request_;
    rule_batch& into_;
    std::set<std::string, std::less<>> known_;
};

/// Whether a file's name is that of a text of rules.
bool is_rule_file(std::string_view name);

struct rule_totals {
    std::int64_t created = 0, updated = 0, unchanged = 0, skipped = 0;
};

/// How rules are stored that are there already.
struct rule_storing {
    std::string_view note = "imported";
    /// Why a rule that is there is left as it is; empty if it is not. May be empty.
    std::function<result<std::string>(const record& known, const record& given)> keeps = {};
    /// Called for each rule: its place in the batch, and what became of it. May be empty.
    std::function<void(std::size_t place, std::string_view result, std::string_view detail)> report = {};
};

/// Stores all rules, inside the job's transaction: what the documents say of them; the rest stays as people have set it.
result<void> store_rules(write_session& session, const call& request, const std::vector<record>& rows,
                         const rule_storing& storing, rule_totals& totals, reply& into);

}  // namespace carrel::siem
