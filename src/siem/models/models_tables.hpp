#pragma once

#include <string_view>

namespace carrel::siem {

// `version_rank` sorts versions a.b.c as numbers. Status 1 is `active`; there is one of a name, which is the one deployment of the
// name that has not ended. Feedback: outcome 0 is a true positive, 1 a true negative, 2 a false positive, 3 a false negative.
inline constexpr std::string_view models_tables = R"(
CREATE TABLE ml_models (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    model_version TEXT NOT NULL,
    version_rank INTEGER NOT NULL,
    model_type TEXT NOT NULL,
    algorithm TEXT,
    status INTEGER NOT NULL,
    trained_at INTEGER,
    training_started_at INTEGER,
    training_completed_at INTEGER,
    training_samples INTEGER,
    data_size INTEGER,
    data_sha256 TEXT,
    data_file_name TEXT,
    created_by TEXT,
    blob INTEGER UNIQUE REFERENCES blobs(seq),
    description TEXT,
    config TEXT,
    hyperparameters TEXT,
    metrics TEXT,
    CHECK ((blob IS NULL) = (data_size IS NULL) AND (blob IS NULL) = (data_sha256 IS NULL))
);
CREATE UNIQUE INDEX ml_models_by_name ON ml_models(name, version_rank);
CREATE UNIQUE INDEX ml_models_active ON ml_models(name) WHERE status = 1;
CREATE INDEX ml_models_by_time ON ml_models(created_at, id);
CREATE INDEX ml_models_by_rank ON ml_models(version_rank, id);
CREATE INDEX ml_models_by_name_and_time ON ml_models(name, created_at, id);
CREATE INDEX ml_models_by_status ON ml_models(status, created_at, id);
CREATE INDEX ml_models_by_algorithm ON ml_models(algorithm, created_at, id);
CREATE TABLE ml_deployments (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    model_version TEXT NOT NULL,
    model_id TEXT REFERENCES ml_models(id) ON DELETE SET NULL,
    deployed_by TEXT,
    ended_at INTEGER,
    rolled_back INTEGER NOT NULL,
    restored INTEGER NOT NULL
);
CREATE UNIQUE INDEX ml_deployments_in_force ON ml_deployments(name) WHERE ended_at IS NULL;
CREATE INDEX ml_deployments_by_time ON ml_deployments(created_at, id);
CREATE INDEX ml_deployments_by_name ON ml_deployments(name, created_at, id);
CREATE INDEX ml_deployments_by_model ON ml_deployments(model_id, created_at, id);
CREATE TABLE ml_feedback (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    model_name TEXT NOT NULL,
    model_version TEXT,
    alert_id TEXT REFERENCES alerts(id) ON DELETE SET NULL,
    investigation_id TEXT REFERENCES investigations(id) ON DELETE SET NULL,
    predicted_score REAL,
    predicted_anomaly INTEGER NOT NULL,
    actual_anomaly INTEGER NOT NULL,
    outcome INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 3),
    created_by TEXT
);
CREATE INDEX ml_feedback_by_time ON ml_feedback(created_at, id);
CREATE INDEX ml_feedback_by_model ON ml_feedback(model_name, created_at, id);
CREATE INDEX ml_feedback_outcomes ON ml_feedback(model_name, created_at, outcome);
CREATE INDEX ml_feedback_by_alert ON ml_feedback(alert_id, created_at, id) WHERE alert_id IS NOT NULL;
CREATE INDEX ml_feedback_by_investigation ON ml_feedback(investigation_id, created_at, id)
    WHERE investigation_id IS NOT NULL;
CREATE TABLE ml_metrics (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    model_name TEXT NOT NULL,
    window_seconds INTEGER NOT NULL,
    true_positives INTEGER NOT NULL,
    true_negatives INTEGER NOT NULL,
    false_positives INTEGER NOT NULL,
    false_negatives INTEGER NOT NULL,
    precision REAL,
    recall REAL,
    f1_score REAL,
    false_positive_rate REAL,
    false_negative_rate REAL,
    accuracy REAL,
    drift_score REAL,
    drift_detected INTEGER NOT NULL,
    data TEXT
);
CREATE INDEX ml_metrics_by_time ON ml_metrics(created_at, id);
CREATE INDEX ml_metrics_by_model ON ml_metrics(model_name, created_at, id);
)";

}  // namespace carrel::siem
