package main

import (
	"database/sql"
	"errors"
	"sync"

	"github.com/mattn/go-sqlite3"
)

// As carrel does: alerts go into the full-text index a thousand at a time, in the transaction of the one that finds a
// thousand waiting.
const waitingMax = 1024

// Inserts alerts. It remembers what only writers change, so that most alerts cost one INSERT that commits by itself.
type alertWriter struct {
	mutex         sync.Mutex
	indexed, last int64 // rows: the last in the index, the last there is
}

func (w *alertWriter) begin(s *store) error {
	return s.lastIndexed.QueryRow().Scan(&w.indexed, &w.last)
}

// False if an alert with the same fingerprint took it in; `row` is that one then.
func (w *alertWriter) insert(s *store, row *alert, eventIDs []string) (bool, error) {
	// Others would wait for the connection anyway.
	w.mutex.Lock()
	defer w.mutex.Unlock()
	next := w.last + 1
	isDue := next <= w.indexed || next-w.indexed >= waitingMax
	if len(eventIDs) == 0 && !row.fingerprint.Valid && !isDue {
		done, err := s.insertAlert.Exec(row.values()...)
		if err != nil {
			return false, refusalOf(err)
		}
		w.last, err = done.LastInsertId()
		return true, err
	}
	tx, err := s.write.Begin()
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	if err := requireEvents(s, tx, eventIDs); err != nil {
		return false, err
	}
	if row.fingerprint.Valid {
		if found, err := joinTwin(s, tx, row); found || err != nil {
			return false, err
		}
	}
	done, err := tx.Stmt(s.insertAlert).Exec(row.values()...)
	if err != nil {
		return false, refusalOf(err)
	}
	last, _ := done.LastInsertId()
	indexed := w.indexed
	if isDue {
		if indexed, err = index(s, tx, indexed, last); err != nil {
			return false, err
		}
	}
	if err := tx.Commit(); err != nil {
		return false, err
	}
	w.last, w.indexed = last, indexed
	return true, nil
}

func refusalOf(err error) error {
	var failed sqlite3.Error
	if errors.As(err, &failed) && failed.ExtendedCode == sqlite3.ErrConstraintUnique {
		return &problem{409, "conflict", "Conflict", "`id` is taken"}
	}
	return err
}

func requireEvents(s *store, tx *sql.Tx, ids []string) error {
	for _, id := range ids {
		var found int
		switch err := tx.Stmt(s.eventExists).QueryRow(id).Scan(&found); err {
		case nil:
		case sql.ErrNoRows:
			return invalid("`event_ids` " + id + " does not exist")
		default:
			return err
		}
	}
	return nil
}

func joinTwin(s *store, tx *sql.Tx, row *alert) (bool, error) {
	var id string
	if err := tx.Stmt(s.twin).QueryRow(row.fingerprint.String).Scan(&id); err != nil {
		if err == sql.ErrNoRows {
			return false, nil
		}
		return false, err
	}
	if _, err := tx.Stmt(s.touchTwin).Exec(row.createdAt, id); err != nil {
		return false, err
	}
	if err := tx.QueryRow("SELECT "+alertColumns+" FROM alerts WHERE id = ?", id).Scan(row.places()...); err != nil {
		return false, err
	}
	return true, tx.Commit()
}

// Indexes what waits up to `last`; the last row that is indexed then.
func index(s *store, tx *sql.Tx, indexed, last int64) (int64, error) {
	after := indexed
	if last <= indexed {
		// The number of a deleted row came again.
		after = last - 1
	}
	rows, err := tx.Stmt(s.waiting).Query(after, last)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	type waiting struct {
		row   int64
		words string
	}
	var found []waiting
	words := newWordList()
	for rows.Next() {
		var row int64
		var title, description sql.RawBytes
		if err := rows.Scan(&row, &title, &description); err != nil {
			return 0, err
		}
		words.clear()
		words.add(title)
		words.add(description)
		found = append(found, waiting{row, string(words.text)})
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	into := tx.Stmt(s.indexAlert)
	for _, each := range found {
		if _, err := into.Exec(each.row, each.words); err != nil {
			return 0, err
		}
	}
	if last <= indexed {
		return indexed, nil
	}
	_, err = tx.Stmt(s.setIndexed).Exec(last)
	return last, err
}
