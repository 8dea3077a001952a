#pragma once

#include <string_view>

namespace carrel::siem {

// Which alerts are to be held against triggers is a queue that triggers of the database fill in the transaction of the alert, so that
// no way of changing one is forgotten; nothing is queued while no enabled playbook has a trigger. `depth` of `playbook_watch` is
// set while an execution changes an alert. `lane` is 0 for what the server does itself and 1 for what waits for others; `busy`
// marks a step whose effect may have begun. Places of enumerations: playbook.hpp, execution.hpp, approval.hpp.
inline constexpr std::string_view playbooks_tables = R"(
CREATE TABLE playbooks (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    enabled INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    tags TEXT NOT NULL,
    created_by TEXT,
    updated_by TEXT,
    needs_alert INTEGER,
    action_ids TEXT NOT NULL,
    triggers TEXT NOT NULL,
    steps TEXT NOT NULL
);
CREATE UNIQUE INDEX playbooks_named ON playbooks(name);
CREATE INDEX playbooks_by_name ON playbooks(name, id);
CREATE INDEX playbooks_by_time ON playbooks(created_at, id);
CREATE INDEX playbooks_by_change ON playbooks(updated_at, id);
CREATE INDEX playbooks_by_priority ON playbooks(priority, id);
CREATE INDEX playbooks_by_enabled ON playbooks(enabled, priority, id);
CREATE TABLE playbooks_tags (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES playbooks(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX playbooks_tags_by_row ON playbooks_tags(row);
CREATE TABLE playbooks_actions (
    item TEXT NOT NULL REFERENCES actions(id),
    row INTEGER NOT NULL REFERENCES playbooks(seq),
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX playbooks_actions_by_row ON playbooks_actions(row);
CREATE VIRTUAL TABLE playbooks_text USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii');
INSERT INTO text_indexed VALUES ('playbooks', 0);

CREATE TABLE playbook_executions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    playbook_id TEXT NOT NULL,
    playbook_name TEXT NOT NULL,
    playbook_version INTEGER NOT NULL,
    alert_id TEXT,
    investigation_id TEXT,
    trigger_kind INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    status INTEGER NOT NULL,
    current_step INTEGER NOT NULL,
    step_count INTEGER NOT NULL,
    failed_steps INTEGER NOT NULL,
    created_by TEXT,
    started_at INTEGER,
    completed_at INTEGER,
    error TEXT,
    playbook INTEGER REFERENCES playbooks(seq) ON DELETE SET NULL,
    due_at INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    busy INTEGER NOT NULL
);
CREATE INDEX playbook_executions_by_time ON playbook_executions(created_at, id);
CREATE INDEX playbook_executions_by_status ON playbook_executions(status, created_at, id, started_at, completed_at);
CREATE INDEX playbook_executions_by_playbook ON playbook_executions(playbook_id, created_at, id);
CREATE INDEX playbook_executions_of_playbook ON playbook_executions(playbook_id, status, started_at, completed_at);
CREATE INDEX playbook_executions_by_alert ON playbook_executions(alert_id, created_at, id) WHERE alert_id IS NOT NULL;
CREATE INDEX playbook_executions_by_investigation ON playbook_executions(investigation_id, created_at, id)
    WHERE investigation_id IS NOT NULL;
CREATE INDEX playbook_executions_by_trigger ON playbook_executions(trigger_kind, created_at, id);
CREATE INDEX playbook_executions_by_row ON playbook_executions(playbook) WHERE playbook IS NOT NULL;
CREATE INDEX playbook_executions_due ON playbook_executions(lane, priority DESC, due_at) WHERE status < 2 AND busy = 0;
CREATE INDEX playbook_executions_busy ON playbook_executions(busy) WHERE busy = 1;
CREATE UNIQUE INDEX playbook_executions_once ON playbook_executions(playbook_id, alert_id)
    WHERE trigger_kind = 1 AND alert_id IS NOT NULL;
CREATE TABLE playbook_execution_steps (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    execution_id TEXT NOT NULL REFERENCES playbook_executions(id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    position INTEGER NOT NULL,
    step_id TEXT NOT NULL,
    name TEXT,
    type INTEGER NOT NULL,
    status INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_at INTEGER,
    started_at INTEGER,
    finished_at INTEGER,
    answer_status INTEGER,
    error TEXT,
    output TEXT,
    is_approved INTEGER NOT NULL,
    definition TEXT NOT NULL
);
CREATE UNIQUE INDEX playbook_execution_steps_in_order ON playbook_execution_steps(execution_id, position, id);

CREATE TABLE approvals (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    execution_id TEXT NOT NULL REFERENCES playbook_executions(id) ON DELETE CASCADE,
    playbook_id TEXT NOT NULL,
    playbook_name TEXT NOT NULL,
    step_id TEXT NOT NULL,
    step_name TEXT,
    alert_id TEXT,
    requested_by TEXT,
    status INTEGER NOT NULL,
    mode INTEGER NOT NULL,
    approvers TEXT NOT NULL,
    approvals_needed INTEGER NOT NULL,
    approvers_counted INTEGER NOT NULL,
    approval_count INTEGER NOT NULL,
    rejection_count INTEGER NOT NULL,
    action_count INTEGER NOT NULL DEFAULT 0,
    allow_self_approval INTEGER NOT NULL,
    escalation_level INTEGER NOT NULL,
    escalates_at INTEGER,
    escalate_to TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    resolved_at INTEGER,
    notice INTEGER NOT NULL,
    notice_detail TEXT,
    notify_action TEXT,
    context TEXT
);
CREATE UNIQUE INDEX approvals_by_step ON approvals(execution_id, step_id);
CREATE INDEX approvals_by_time ON approvals(created_at, id);
CREATE INDEX approvals_by_end ON approvals(expires_at, id);
CREATE INDEX approvals_by_status ON approvals(status, created_at, id, resolved_at);
CREATE INDEX approvals_by_playbook ON approvals(playbook_id, created_at, id);
CREATE INDEX approvals_by_alert ON approvals(alert_id, created_at, id) WHERE alert_id IS NOT NULL;
CREATE INDEX approvals_by_requester ON approvals(requested_by, created_at, id) WHERE requested_by IS NOT NULL;
CREATE INDEX approvals_to_end ON approvals(expires_at) WHERE status IN (0, 4);
CREATE INDEX approvals_to_escalate ON approvals(escalates_at) WHERE status = 0 AND escalates_at IS NOT NULL;
CREATE INDEX approvals_to_tell ON approvals(notice, seq) WHERE notice IN (1, 2);
CREATE TABLE approvals_approvers (
    item TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES approvals(seq) ON DELETE CASCADE,
    PRIMARY KEY (item, row)
) WITHOUT ROWID;
CREATE INDEX approvals_approvers_by_row ON approvals_approvers(row);
CREATE TABLE approval_actions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    approval_id TEXT NOT NULL REFERENCES approvals(id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    user TEXT,
    action INTEGER NOT NULL,
    comment TEXT
);
CREATE INDEX approval_actions_by_approval ON approval_actions(approval_id, created_at, id);
CREATE UNIQUE INDEX approval_actions_once ON approval_actions(approval_id, ifnull(user, '')) WHERE action < 2;

CREATE TABLE playbook_watch (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    watching INTEGER NOT NULL,
    depth INTEGER NOT NULL
);
INSERT INTO playbook_watch VALUES (1, 0, 0);
CREATE TABLE alerts_to_match (
    alert INTEGER PRIMARY KEY,
    change INTEGER NOT NULL,
    depth INTEGER NOT NULL
);
CREATE TRIGGER playbooks_watch_added AFTER INSERT ON playbooks BEGIN
    UPDATE playbook_watch SET watching = EXISTS (SELECT 1 FROM playbooks WHERE enabled = 1 AND triggers <> '[]');
END;
CREATE TRIGGER playbooks_watch_changed AFTER UPDATE OF enabled, triggers ON playbooks BEGIN
    UPDATE playbook_watch SET watching = EXISTS (SELECT 1 FROM playbooks WHERE enabled = 1 AND triggers <> '[]');
END;
CREATE TRIGGER playbooks_watch_removed AFTER DELETE ON playbooks BEGIN
    UPDATE playbook_watch SET watching = EXISTS (SELECT 1 FROM playbooks WHERE enabled = 1 AND triggers <> '[]');
END;
CREATE TRIGGER alerts_to_match_added AFTER INSERT ON alerts
WHEN (SELECT watching FROM playbook_watch) = 1 BEGIN
    INSERT INTO alerts_to_match SELECT NEW.seq, 0, depth FROM playbook_watch
        WHERE NOT EXISTS (SELECT 1 FROM alerts_to_match WHERE alert = NEW.seq);
    UPDATE alerts_to_match SET change = change + 1, depth = min(depth, (SELECT depth FROM playbook_watch))
        WHERE alert = NEW.seq;
END;
CREATE TRIGGER alerts_to_match_changed AFTER UPDATE OF version ON alerts
WHEN (SELECT watching FROM playbook_watch) = 1 BEGIN
    INSERT INTO alerts_to_match SELECT NEW.seq, 0, depth FROM playbook_watch
        WHERE NOT EXISTS (SELECT 1 FROM alerts_to_match WHERE alert = NEW.seq);
    UPDATE alerts_to_match SET change = change + 1, depth = min(depth, (SELECT depth FROM playbook_watch))
        WHERE alert = NEW.seq;
END;
)";

}  // namespace carrel::siem
