package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

const alertColumns = "id,version,created_at,updated_at,title,description,severity,status,disposition,rule_id," +
	"event_ids,assigned_to,tags,risk_score,fingerprint,duplicate_count,last_seen,investigation_id"

// Kept in the database by place.
var (
	severities   = []string{"informational", "low", "medium", "high", "critical"}
	statuses     = []string{"pending", "acknowledged", "investigating", "resolved", "escalated", "dismissed", "false_positive", "closed"}
	dispositions = []string{"undetermined", "true_positive", "false_positive", "benign", "suspicious", "inconclusive"}
)

// One row of alerts. `eventIDs` and `tags` are JSON already.
type alert struct {
	id                            string
	version, createdAt, updatedAt int64
	title                         string
	description                   sql.NullString
	severity, status, disposition int
	ruleID                        sql.NullString
	eventIDs                      string
	assignedTo                    sql.NullString
	tags                          string
	riskScore                     sql.NullInt64
	fingerprint                   sql.NullString
	duplicateCount, lastSeen      int64
	investigationID               sql.NullString
}

// Where Scan puts the columns.
func (a *alert) places() []any {
	return []any{&a.id, &a.version, &a.createdAt, &a.updatedAt, &a.title, &a.description, &a.severity, &a.status,
		&a.disposition, &a.ruleID, &a.eventIDs, &a.assignedTo, &a.tags, &a.riskScore, &a.fingerprint,
		&a.duplicateCount, &a.lastSeen, &a.investigationID}
}

func (a *alert) values() []any {
	return []any{a.id, a.version, a.createdAt, a.updatedAt, a.title, a.description, a.severity, a.status,
		a.disposition, a.ruleID, a.eventIDs, a.assignedTo, a.tags, a.riskScore, a.fingerprint,
		a.duplicateCount, a.lastSeen, a.investigationID}
}

func (a *alert) append(out []byte) []byte {
	out = appendString(append(out, `{"id":`...), a.id)
	out = strconv.AppendInt(append(out, `,"version":`...), a.version, 10)
	out = appendTime(append(out, `,"created_at":`...), a.createdAt)
	out = appendTime(append(out, `,"updated_at":`...), a.updatedAt)
	out = appendString(append(out, `,"title":`...), a.title)
	out = appendNullString(append(out, `,"description":`...), a.description)
	out = appendString(append(out, `,"severity":`...), severities[a.severity])
	out = appendString(append(out, `,"status":`...), statuses[a.status])
	out = appendString(append(out, `,"disposition":`...), dispositions[a.disposition])
	out = appendNullString(append(out, `,"rule_id":`...), a.ruleID)
	out = append(append(out, `,"event_ids":`...), a.eventIDs...)
	out = appendNullString(append(out, `,"assigned_to":`...), a.assignedTo)
	out = append(append(out, `,"tags":`...), a.tags...)
	out = append(out, `,"risk_score":`...)
	if a.riskScore.Valid {
		out = strconv.AppendInt(out, a.riskScore.Int64, 10)
	} else {
		out = append(out, "null"...)
	}
	out = appendNullString(append(out, `,"fingerprint":`...), a.fingerprint)
	out = strconv.AppendInt(append(out, `,"duplicate_count":`...), a.duplicateCount, 10)
	out = appendTime(append(out, `,"last_seen":`...), a.lastSeen)
	out = appendNullString(append(out, `,"investigation_id":`...), a.investigationID)
	return append(out, '}')
}

// The body of POST /alerts.
type alertBody struct {
	ID          *string  `json:"id"`
	Title       *string  `json:"title"`
	Description *string  `json:"description"`
	Severity    *string  `json:"severity"`
	Disposition *string  `json:"disposition"`
	RuleID      *string  `json:"rule_id"`
	EventIDs    []string `json:"event_ids"`
	AssignedTo  *string  `json:"assigned_to"`
	Tags        []string `json:"tags"`
	RiskScore   *int64   `json:"risk_score"`
	Fingerprint *string  `json:"fingerprint"`
}

// Checks a body; the alert that it asks for, and the ids of the events that must exist.
func readAlert(body []byte, freshID func() string, now int64) (*alert, []string, error) {
	var given alertBody
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&given); err != nil {
		return nil, nil, invalid(err.Error())
	}
	if given.Title == nil || given.Severity == nil {
		return nil, nil, invalid("`title` and `severity` are required")
	}
	row := &alert{version: 1, createdAt: now, updatedAt: now, lastSeen: now, title: *given.Title,
		description: nullable(given.Description), ruleID: nullable(given.RuleID), assignedTo: nullable(given.AssignedTo),
		fingerprint: nullable(given.Fingerprint), eventIDs: listText(given.EventIDs), tags: listText(given.Tags)}
	if given.RiskScore != nil {
		row.riskScore = sql.NullInt64{Int64: *given.RiskScore, Valid: true}
	}
	row.severity = place(severities, *given.Severity)
	if given.Disposition != nil {
		row.disposition = place(dispositions, *given.Disposition)
	}
	if given.ID != nil {
		row.id = *given.ID
		if !isValidID(row.id) {
			return nil, nil, invalid("`id` must be 1 to 128 of A-Z, a-z, 0-9, _ and -")
		}
	} else {
		row.id = freshID()
	}
	return row, given.EventIDs, row.check(&given)
}

func (a *alert) check(given *alertBody) error {
	if a.severity < 0 || a.disposition < 0 {
		return invalid("`severity` or `disposition` is no known one")
	}
	if a.title == "" || a.riskScore.Int64 < 0 || a.riskScore.Int64 > 100 {
		return invalid("`title` is empty or `risk_score` not from 0 to 100")
	}
	if len(given.EventIDs) > 1000 || len(given.Tags) > 50 {
		return invalid("`event_ids` or `tags` has too many items")
	}
	for _, each := range []struct {
		text string
		max  int
	}{{a.title, 200}, {a.description.String, 10000}, {a.ruleID.String, 128}, {a.assignedTo.String, 200}, {a.fingerprint.String, 256}} {
		if len(each.text) > each.max && utf8.RuneCountInString(each.text) > each.max {
			return invalid("a text is too long")
		}
	}
	for _, tag := range given.Tags {
		if len(tag) > 100 && utf8.RuneCountInString(tag) > 100 {
			return invalid("a tag is too long")
		}
	}
	return nil
}

func nullable(text *string) sql.NullString {
	if text == nil {
		return sql.NullString{}
	}
	return sql.NullString{String: *text, Valid: true}
}

func listText(items []string) string {
	out := []byte{'['}
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendString(out, item)
	}
	return string(append(out, ']'))
}

func place(names []string, name string) int {
	for i := range names {
		if names[i] == name {
			return i
		}
	}
	return -1
}

func isValidID(id string) bool {
	for i := 0; i < len(id); i++ {
		c := id[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return id != "" && len(id) <= 128 && id != "count" && id != "stats"
}
