package main

import (
	"bytes"
	"database/sql"
	"strconv"
)

const faultsMax = 100

// One event on its way into the store. Byte slices point into the request's body or are its own.
type event struct {
	id                                         string
	at                                         int64
	fields                                     string
	words                                      string
	source, host, channel, eventCode, severity sql.NullString
}

type fault struct {
	line   int
	detail string
}

// What the reply to POST /events tells.
type intake struct {
	accepted, rejected int
	faults             []fault
	firstID, lastID    string
}

func (i *intake) append(out []byte) []byte {
	out = strconv.AppendInt(append(out, `{"accepted":`...), int64(i.accepted), 10)
	out = strconv.AppendInt(append(out, `,"rejected":`...), int64(i.rejected), 10)
	out = append(out, `,"errors":[`...)
	for n, each := range i.faults {
		if n > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(append(out, `{"line":`...), int64(each.line), 10)
		out = append(appendString(append(out, `,"detail":`...), each.detail), '}')
	}
	out = appendString(append(out, `],"first_id":`...), i.firstID)
	out = appendString(append(out, `,"last_id":`...), i.lastID)
	return append(out, '}')
}

// Reads lines and hands events over in batches, so that one core reads while another inserts.
func (s *store) readEvents(body []byte, receivedAt int64, told *intake, batches chan<- []event) {
	const batchSize = 256
	defer close(batches)
	reader := newEventReader()
	batch := make([]event, 0, batchSize)
	for number := 1; len(body) > 0; number++ {
		line := body
		if end := bytes.IndexByte(body, '\n'); end >= 0 {
			line, body = body[:end], body[end+1:]
		} else {
			body = nil
		}
		var one event
		if why := reader.read(bytes.Trim(line, " \t\r\n"), receivedAt, &one); why != "" {
			told.rejected++
			if len(told.faults) < faultsMax {
				told.faults = append(told.faults, fault{number, why})
			}
			continue
		}
		one.id = s.ids.next()
		if batch = append(batch, one); len(batch) == batchSize {
			batches <- batch
			batch = make([]event, 0, batchSize)
		}
	}
	if len(batch) > 0 {
		batches <- batch
	}
}

// Stores the events of one request in one transaction.
func (s *store) insertEvents(body []byte) (*intake, error) {
	receivedAt := nowMicros()
	told := &intake{}
	batches := make(chan []event, 8)
	go s.readEvents(body, receivedAt, told, batches)
	// The reader must come to its end whatever happens here.
	defer func() {
		for range batches {
		}
	}()
	first, some := <-batches
	if !some {
		return nil, invalid("no line was accepted")
	}
	tx, err := s.write.Begin()
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	row, words := tx.Stmt(s.insertEvent), tx.Stmt(s.insertWords)
	for batch := first; some; batch, some = <-batches {
		if told.firstID == "" {
			told.firstID = batch[0].id
		}
		for i := range batch {
			each := &batch[i]
			done, err := row.Exec(each.id, each.at, receivedAt, each.source, each.host, each.channel, each.eventCode, each.severity, each.fields)
			if err != nil {
				return nil, err
			}
			seq, _ := done.LastInsertId()
			if _, err := words.Exec(seq, each.words); err != nil {
				return nil, err
			}
		}
		told.accepted += len(batch)
		told.lastID = batch[len(batch)-1].id
	}
	return told, tx.Commit()
}
