package main

import (
	"database/sql"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

const bodyBytesMax = 64 << 20

// Who answers requests. Its own routes: the mux of the standard library would cost a lookup and give nothing.
type api struct {
	store *store
}

// A refusal. Everything else that fails is a 500.
type problem struct {
	status              int
	code, title, detail string
}

func (p *problem) Error() string { return p.detail }

func invalid(detail string) error { return &problem{422, "invalid", "Invalid", detail} }

func badRequest(detail string) error { return &problem{400, "bad_request", "Bad request", detail} }

var (
	jsonType    = []string{"application/json"}
	problemType = []string{"application/problem+json"}
	buffers     = sync.Pool{New: func() any { return new([]byte) }}
)

const alertPath = "/api/v1/alerts/"

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	held := buffers.Get().(*[]byte)
	body, status, err := a.answer((*held)[:0], w, r)
	if err != nil {
		body, status = appendProblem(body[:0], err, r.URL.Path)
		w.Header()["Content-Type"] = problemType
	} else {
		w.Header()["Content-Type"] = jsonType
	}
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	w.Write(body)
	*held = body
	buffers.Put(held)
}

func (a *api) answer(out []byte, w http.ResponseWriter, r *http.Request) ([]byte, int, error) {
	path := r.URL.Path
	switch r.Method {
	case http.MethodGet:
		switch {
		case path == "/api/v1/alerts":
			return a.list(out, r.URL.Query())
		case strings.HasPrefix(path, alertPath):
			return a.alert(out, path[len(alertPath):])
		case path == "/api/v1/events/count":
			return a.count(out, r.URL.Query())
		case path == "/health/live":
			return append(out, `{"status":"alive"}`...), 200, nil
		}
	case http.MethodPost:
		switch path {
		case "/api/v1/alerts":
			return a.postAlert(out, w, r)
		case "/api/v1/events":
			return a.postEvents(out, r)
		}
	}
	return out, 0, &problem{404, "not_found", "Not found", "there is nothing here"}
}

func (a *api) alert(out []byte, id string) ([]byte, int, error) {
	var row alert
	err := a.store.selectAlert.QueryRow(id).Scan(row.places()...)
	if err == sql.ErrNoRows {
		return out, 0, &problem{404, "not_found", "Not found", "there is no alert `" + id + "`"}
	}
	if err != nil {
		return out, 0, err
	}
	return row.append(out), 200, nil
}

func (a *api) list(out []byte, query url.Values) ([]byte, int, error) {
	limit := 50
	if text := query.Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 1000 {
			return out, 0, badRequest("`limit` must be an integer from 1 to 1000")
		}
	}
	rows, err := a.page(query.Get("cursor"), limit+1)
	if err != nil {
		return out, 0, err
	}
	defer rows.Close()
	out = append(out, `{"items":[`...)
	var row alert
	places := row.places()
	// One row more than is shown tells whether there is a next page.
	hasMore := false
	for count := 0; rows.Next(); count++ {
		if hasMore = count == limit; hasMore {
			break
		}
		if err := rows.Scan(places...); err != nil {
			return out, 0, err
		}
		if count > 0 {
			out = append(out, ',')
		}
		out = row.append(out)
	}
	if err := rows.Err(); err != nil {
		return out, 0, err
	}
	out = append(out, `],"next":`...)
	if hasMore {
		out = appendString(out, cursorOf(&row))
	} else {
		out = append(out, "null"...)
	}
	return append(out, '}'), 200, nil
}

func (a *api) page(cursor string, limit int) (*sql.Rows, error) {
	if cursor == "" {
		return a.store.listFirst.Query(limit)
	}
	bytes, err := base64.RawURLEncoding.DecodeString(cursor)
	at, id, found := strings.Cut(string(bytes), ":")
	created, numberErr := strconv.ParseInt(at, 10, 64)
	if err != nil || !found || numberErr != nil {
		return nil, badRequest("`cursor` is not one that a list gave")
	}
	return a.store.listAfter.Query(created, id, limit)
}

func cursorOf(row *alert) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(row.createdAt, 10) + ":" + row.id))
}

func (a *api) count(out []byte, query url.Values) ([]byte, int, error) {
	var found int64
	row := (*sql.Row)(nil)
	for name, values := range query {
		key := strings.TrimPrefix(name, "field.")
		if key == name || strings.Contains(key, `"`) || len(values) > 1 || row != nil {
			return out, 0, badRequest("only one field.<Key>=<value> is served here")
		}
		row = a.store.countField.QueryRow(`$."`+key+`"`, values[0])
	}
	if row == nil {
		row = a.store.countAll.QueryRow()
	}
	if err := row.Scan(&found); err != nil {
		return out, 0, err
	}
	out = append(out, `{"count":`...)
	out = strconv.AppendInt(out, found, 10)
	return append(out, '}'), 200, nil
}

func readBody(r *http.Request) ([]byte, error) {
	if r.ContentLength > bodyBytesMax {
		return nil, &problem{413, "too_large", "Too large", "the body is longer than 64 MiB"}
	}
	if r.ContentLength >= 0 {
		body := make([]byte, r.ContentLength)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	return io.ReadAll(io.LimitReader(r.Body, bodyBytesMax))
}

func (a *api) postAlert(out []byte, w http.ResponseWriter, r *http.Request) ([]byte, int, error) {
	body, err := readBody(r)
	if err != nil {
		return out, 0, badRequest("the body ends too early")
	}
	row, eventIDs, err := readAlert(body, a.store.ids.next, nowMicros())
	if err != nil {
		return out, 0, err
	}
	isNew, err := a.store.alerts.insert(a.store, row, eventIDs)
	if err != nil {
		return out, 0, err
	}
	if !isNew {
		return row.append(out), 200, nil
	}
	w.Header()["Location"] = []string{alertPath + row.id}
	return row.append(out), 201, nil
}

func (a *api) postEvents(out []byte, r *http.Request) ([]byte, int, error) {
	body, err := readBody(r)
	if err != nil {
		return out, 0, badRequest("the body ends too early")
	}
	told, err := a.store.insertEvents(body)
	if err != nil {
		return out, 0, err
	}
	return told.append(out), 201, nil
}

func appendProblem(out []byte, err error, path string) ([]byte, int) {
	var known *problem
	if !errors.As(err, &known) {
		log.Print(path, ": ", err)
		known = &problem{500, "internal", "Internal error", "The server failed."}
	}
	out = append(out, `{"type":"/problems/`+known.code+`","title":`...)
	out = appendString(out, known.title)
	out = append(out, `,"status":`...)
	out = strconv.AppendInt(out, int64(known.status), 10)
	out = append(out, `,"detail":`...)
	out = appendString(out, known.detail)
	out = append(out, `,"instance":`...)
	out = appendString(out, path)
	return append(out, '}'), known.status
}
