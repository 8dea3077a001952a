package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"runtime"

	"github.com/mattn/go-sqlite3"
)

// The database. `write` and `read` are the same handle when there is one connection for everything.
type store struct {
	write, read *sql.DB

	selectAlert, listFirst, listAfter, countAll, countField *sql.Stmt

	insertAlert, twin, touchTwin, eventExists    *sql.Stmt
	lastIndexed, setIndexed, waiting, indexAlert *sql.Stmt
	insertEvent, insertWords                     *sql.Stmt

	alerts alertWriter
	ids    uuidSource
}

const readers = 10

func init() {
	// What the name of a database cannot hold. Checkpoints are as far apart as carrel's.
	sql.Register("sqlite3_peer", &sqlite3.SQLiteDriver{ConnectHook: func(conn *sqlite3.SQLiteConn) error {
		_, err := conn.Exec("PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=4096", nil)
		return err
	}})
}

func openStore(path, durability string, single bool) (*store, error) {
	// sql.Open would make what is missing.
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	s := &store{}
	var err error
	// In the name of the database, so that every connection that the pool opens has them. The pool gives a connection to
	// one goroutine at a time: SQLite needs no mutex of its own.
	common := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_busy_timeout=5000&_cache_size=-65536&_mutex=no&_foreign_keys=on"
	if s.write, err = open(common+"&mode=rw&_journal_mode=WAL&_txlock=immediate&_synchronous="+durability, 1); err != nil {
		return nil, err
	}
	s.read = s.write
	if !single {
		if s.read, err = open(common+"&mode=ro&_query_only=on", readers); err != nil {
			return nil, err
		}
	}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	return s, s.alerts.begin(s)
}

func open(dsn string, connections int) (*sql.DB, error) {
	db, err := sql.Open("sqlite3_peer", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, db.Ping()
}

func (s *store) prepare() error {
	for _, each := range []struct {
		into **sql.Stmt
		db   *sql.DB
		text string
	}{
		{&s.selectAlert, s.read, "SELECT " + alertColumns + " FROM alerts WHERE id = ?"},
		{&s.listFirst, s.read, "SELECT " + alertColumns + " FROM alerts ORDER BY created_at DESC, id DESC LIMIT ?"},
		{&s.listAfter, s.read, "SELECT " + alertColumns + " FROM alerts WHERE (created_at,id) < (?,?) ORDER BY created_at DESC, id DESC LIMIT ?"},
		{&s.countAll, s.read, "SELECT count(*) FROM events"},
		// Carrel's own function compares the text of a member as it came. This is the nearest stock thing: numbers and
		// strings are alike, `true` is 1.
		{&s.countField, s.read, "SELECT count(*) FROM events WHERE CAST(json_extract(fields, ?) AS TEXT) IN (?)"},
		{&s.insertAlert, s.write, "INSERT INTO alerts(" + alertColumns + ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"},
		{&s.twin, s.write, "SELECT id FROM alerts WHERE fingerprint = ? AND fingerprint IS NOT NULL AND status <> 7"},
		{&s.touchTwin, s.write, "UPDATE alerts SET version = version + 1, updated_at = ?1, last_seen = ?1, duplicate_count = duplicate_count + 1 WHERE id = ?2"},
		{&s.eventExists, s.write, "SELECT 1 FROM events WHERE id = ?"},
		{&s.lastIndexed, s.write, "SELECT (SELECT row FROM text_indexed WHERE name = 'alerts'), (SELECT ifnull(max(seq), 0) FROM alerts)"},
		{&s.setIndexed, s.write, "UPDATE text_indexed SET row = ? WHERE name = 'alerts'"},
		{&s.waiting, s.write, "SELECT seq, title, description FROM alerts WHERE seq > ? AND seq <= ? ORDER BY seq"},
		{&s.indexAlert, s.write, "INSERT INTO alerts_text(rowid, words) VALUES (?, ?)"},
		{&s.insertEvent, s.write, "INSERT INTO events(id, timestamp, received_at, source, host, channel, event_code, severity, fields) VALUES (?,?,?,?,?,?,?,?,?)"},
		{&s.insertWords, s.write, "INSERT INTO events_text(rowid, words) VALUES (?, ?)"},
	} {
		var err error
		if *each.into, err = each.db.Prepare(each.text); err != nil {
			return fmt.Errorf("%s: %w", each.text, err)
		}
	}
	return nil
}

// One line about what is in force, as the connections tell it.
func (s *store) settings(connections string) string {
	version, _, _ := sqlite3.Version()
	text := fmt.Sprintf("%s net/http, mattn/go-sqlite3, SQLite %s, connections %s", runtime.Version(), version, connections)
	for _, name := range []string{"journal_mode", "synchronous", "busy_timeout", "cache_size", "wal_autocheckpoint"} {
		var value string
		s.write.QueryRow("PRAGMA " + name).Scan(&value)
		text += fmt.Sprintf(", %s %s", name, value)
	}
	return text
}

// The writer last: it checkpoints.
func (s *store) close() error {
	if s.read != s.write {
		if err := s.read.Close(); err != nil {
			return err
		}
	}
	return s.write.Close()
}
