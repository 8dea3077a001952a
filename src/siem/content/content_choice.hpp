#pragma once

#include "siem/content/content_members.hpp"

namespace carrel::siem {

/// Which resources are meant: those that `only` names, else all that are not optional, and with `indicators` those too.
struct content_choice : input {
    std::vector<const content_member*> members;  // in the order of `content_members`

    bool holds(const content_member* member) const;
};

/// Reads `only` and `indicators`; other parameters are left alone.
void read_choice(const call& request, content_choice& into, std::vector<fault>& faults);
std::vector<field_doc> choice_parameters();

operation content_restore_operation();               // POST /admin/content/restore
std::vector<operation> content_export_operations();  // GET and POST /admin/content/export

}  // namespace carrel::siem
