#pragma once

#include "resource/resource.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

// Models of machine learning: their versions and data, which of them is in force, and how right it was.
namespace carrel::siem {

/// Kept in the database by place: only ever append.
enum class model_status : std::int64_t { training, active, retired };
inline constexpr std::array<std::string_view, 3> model_statuses = {"training", "active", "retired"};
enum class feedback_outcome : std::int64_t { true_positive, true_negative, false_positive, false_negative };
inline constexpr std::array<std::string_view, 4> feedback_outcomes = {"TP", "TN", "FP", "FN"};

const resource& models();
const resource& model_deployments();
const resource& model_feedback();
const resource& model_metrics();

struct model_fields {
    std::size_t id, name, model_version, version_rank, status, data_size, data_sha256, data_file_name, blob;
};
const model_fields& model_at();

/// Where a version a.b.c stands among others; nothing for what is none.
std::optional<std::int64_t> version_rank(std::string_view version) noexcept;

/// `before_update` and `after_update` of models: what becomes active retires the one that was, and deployments begin and end
/// with it.
result<void> before_status(const resource& of, write_session& session, const call& request, const record& before,
                           record& after, reply& into);
result<void> after_status(const resource& of, write_session& session, const call& request, const record& before,
                          const record& after, std::string_view note);

/// The model of a name that is active.
result<std::optional<record>> active_model(read_session& session, std::string_view name);

// -- operations, each group in a file of its own ---
std::vector<operation> model_data_operations();
std::vector<operation> deployment_operations();
std::vector<operation> model_name_operations();
std::vector<operation> feedback_operations();
std::vector<operation> confusion_operations();

}  // namespace carrel::siem
