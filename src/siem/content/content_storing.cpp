#include "siem/content/content_storing.hpp"

#include "resource/problems.hpp"
#include "resource/same_caller.hpp"

namespace carrel::siem {

namespace {

bool is_stamp(const field& rules) {
    return rules.name == "version" || rules.from == origin::now || rules.from == origin::creator ||
           rules.from == origin::changer;
}

// A record that is there, with what the archive says of it. When it was made, and by whom, it keeps; and its secrets, which no
// archive has, as long as it is of the same type.
record merged(const content_member& member, const record& known, const record& given) {
    const resource& of = member.of();
    record after = known;
    const std::size_t type = of.position("type");
    const bool is_same_type = type == resource::absent || known.values[type] == given.values[type];
    for (std::size_t i = 0; i < of.fields.size(); ++i) {
        const field& rules = of.fields[i];
        const bool is_secret = !member.secret.empty() && rules.name == member.secret;
        const bool is_derived = rules.seen == visibility::hidden && rules.is_stored() && !is_secret;
        const bool is_held = member.holds(i) && !is_stamp(rules);
        if (is_held || is_derived || (is_secret && !is_same_type)) after.values[i] = given.values[i];
    }
    return after;
}

bool says_the_same(const content_member& member, const record& a, const record& b) {
    const resource& of = member.of();
    for (std::size_t i = 0; i < of.fields.size(); ++i)
        if (member.holds(i) && !is_stamp(of.fields[i]) && a.values[i] != b.values[i]) return false;
    return true;
}

class file_storer {
public:
    file_storer(write_session& session, const call& request, const restored_file& file, restore_mode mode,
                restore_report& report, reply& into)
        : session_(session),
          about_(by_same_caller(request)),
          file_(file),
          member_(*file.member),
          of_(member_.of()),
          mode_(mode),
          report_(report),
          into_(into) {}

    result<restore_counts> store() {
        for (std::size_t i = 0; i < file_.rows.size(); ++i) {
            line_ = static_cast<std::int64_t>(i) + 1;
            if (auto done = store_one(file_.rows[i]); !done) return done.error();
        }
        return counts_;
    }

private:
    result<void> store_one(const record& given) {
        auto known = find(of_, session_, *given.text(of_.id));
        if (!known) return known.error();
        if (!*known) return create(given);
        if (says_the_same(member_, **known, given)) {
            ++counts_.unchanged;
            return {};
        }
        if (mode_ == restore_mode::overwrite) return overwrite(**known, given);
        if (mode_ == restore_mode::skip) ++counts_.skipped;
        note_conflict("its id is taken by another one");
        return {};
    }

    result<void> create(const record& given) {
        record row = given;
        auto done = insert(row);
        if (done) {
            ++counts_.created;
            return {};
        }
        return settle(done);
    }

    result<void> insert(record& row) {
        if (member_.require != nullptr)
            if (auto allowed = member_.require(session_, row, into_); !allowed) return allowed;
        if (of_.hooks.before_insert != nullptr) {
            auto answered = of_.hooks.before_insert(of_, session_, about_, row, into_);
            if (!answered) return answered.error();
            if (*answered) return {};
        }
        return add(of_, session_, about_, row, into_);
    }

    result<void> overwrite(const record& known, const record& given) {
        reply ignored;
        auto done = save(of_, session_, about_, known, merged(member_, known, given), "restored", ignored);
        if (done) {
            ++counts_.updated;
            return {};
        }
        into_.refused = std::move(ignored.refused);
        return settle(done);
    }

    // Something else is in the way, or what it refers to is not there.
    result<void> settle(const result<void>& failed) {
        if (failed.error() == sqlite_errc::constraint_foreign_key) return refuse_line("refers to what is not there");
        if (!into_.refused) return failed;
        const problem why = *std::exchange(into_.refused, std::nullopt);
        const std::string detail = why.faults.empty() || why.faults.front().field.empty()
                                       ? why.detail
                                       : "`" + why.faults.front().field + "` " + why.faults.front().detail;
        if (why.code != problem_code::conflict) return refuse_line(detail);
        if (mode_ == restore_mode::skip) ++counts_.skipped;
        else is_hindered_ = true;
        note_conflict(detail);
        return {};
    }

    error refuse_line(std::string detail) {
        return refuse(into_, problem_of(problem_code::invalid, {{member_.file_name(), line_, std::move(detail)}}));
    }

    void note_conflict(std::string detail) {
        if (mode_ == restore_mode::fail) is_hindered_ = true;
        if (is_hindered_) ++report_.conflict_count;
        if (report_.conflicts.size() < faults_max)
            report_.conflicts.push_back({member_.file_name(), line_, std::move(detail)});
    }

    write_session& session_;
    call about_;
    const restored_file& file_;
    const content_member& member_;
    const resource& of_;
    restore_mode mode_;
    restore_report& report_;
    reply& into_;
    restore_counts counts_;
    std::int64_t line_ = 0;
    bool is_hindered_ = false;
};

}  // namespace

result<void> store_content(write_session& session, const call& request, std::span<const restored_file> files,
                           restore_mode mode, restore_report& report, reply& into) {
    for (const restored_file& each : files) {
        auto counts = file_storer(session, request, each, mode, report, into).store();
        if (!counts) return counts.error();
        report.files.push_back(*counts);
    }
    if (report.conflict_count == 0) return {};
    const auto untold = static_cast<std::size_t>(report.conflict_count) - report.conflicts.size();
    return refuse(into, problem_of(problem_code::conflict, report.conflicts, untold));
}

}  // namespace carrel::siem
