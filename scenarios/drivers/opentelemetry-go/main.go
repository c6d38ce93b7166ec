// The driver of opentelemetry-go: it does what the lines on standard input ask for, with the SDK that go.mod pins. The
// protocol is described in PROTOCOL.md, one folder up.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

const protocolVersion = 1

// A process of Go starts in a few milliseconds, so there is no reset: a fresh process leaks nothing.
var capabilities = []string{
	"metrics", "traces", "logs", "grpc", "http/protobuf",
	"observe", "observe_block", "views", "resource", "interval", "timeout", "exporter_timeout", "allow_slow_cycles",
	"temporality", "endpoint", "headers", "compression",
	"simple_processor", "max_queue_size", "max_export_batch_size", "schedule_delay", "export_timeout",
	"certificates", "workers", "span_details", "log_in_span", "flush_timeout", "shutdown_timeout",
}

func main() {
	listenToTheSDK()
	var workers []*worker
	input := bufio.NewReader(os.Stdin)
	for {
		line, err := input.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			answer := answerTo(line, &workers)
			if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
				os.Exit(1)
			}
		}
		if err != nil {
			// The end of input, or of the runner. Nothing of the SDK runs from here on.
			os.Exit(0)
		}
	}
}

// listenToTheSDK sends what the SDK tells its user to standard error: the errors that it handles, and its own log down to
// the level of information (logr's verbosity 4; warnings have 1).
func listenToTheSDK() {
	const warn, info = slog.Level(-1), slog.Level(-4)
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{
		Level: info,
		ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
			switch {
			case attr.Key == slog.TimeKey:
				return slog.Attr{}
			case attr.Key == slog.LevelKey && attr.Value.Any() == warn:
				return slog.String(slog.LevelKey, "WARN")
			case attr.Key == slog.LevelKey && attr.Value.Any() == info:
				return slog.String(slog.LevelKey, "INFO")
			}
			return attr
		},
	}))
	otel.SetLogger(logr.FromSlogHandler(logger.Handler()))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { logger.Error(err.Error()) }))
}

// answerTo does what line asks for. A mistake of the driver is an answer too.
func answerTo(line []byte, workers *[]*worker) (reply any) {
	defer func() {
		if cause := recover(); cause != nil {
			reply = refusal(fmt.Errorf("the driver panicked: %v\n%s", cause, debug.Stack()))
		}
	}()
	var envelope struct {
		Op string `json:"op"`
	}
	if err := json.Unmarshal(line, &envelope); err != nil {
		return refusal(fmt.Errorf("not a request: %w", err))
	}
	if op := envelope.Op; op != "hello" && (op == "start") != (*workers == nil) {
		return refusal(fmt.Errorf("%s: not in this order", op))
	}
	switch envelope.Op {
	case "hello":
		return hello(line)
	case "start":
		return start(line, workers)
	case "record":
		var measurement measurement
		return each(line, &measurement, *workers, func(w *worker) error { return w.instruments.record(&measurement) })
	case "observe":
		var state observableState
		return each(line, &state, *workers, func(w *worker) error { return w.instruments.observe(&state) })
	case "emit":
		var items items
		return each(line, &items, *workers, func(w *worker) error { return w.emit(&items) })
	case "force_flush":
		return call(line, *workers, provider.ForceFlush)
	case "shutdown":
		return call(line, *workers, provider.Shutdown)
	}
	return refusal(fmt.Errorf("unknown request %q", envelope.Op))
}

func hello(line []byte) any {
	var request helloRequest
	if err := parse(line, &request); err != nil {
		return refusal(err)
	}
	if request.Protocol != protocolVersion {
		return refusal(fmt.Errorf("this driver speaks protocol %d, not %d", protocolVersion, request.Protocol))
	}
	return helloAnswer{
		OK: true, SDK: "opentelemetry-go", Version: sdkVersion(), Language: "go", Capabilities: capabilities,
	}
}

// sdkVersion is that of the module that was linked in.
func sdkVersion() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "go.opentelemetry.io/otel/sdk" {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "unknown"
}

func start(line []byte, workers *[]*worker) any {
	var request startRequest
	if err := parse(line, &request); err != nil {
		return refusal(err)
	}
	more := request.Workers
	if len(more) == 0 {
		more = []attributes{nil}
	}
	var started []*worker
	for _, attributes := range more {
		worker, err := newWorker(context.Background(), &request, attributes)
		if err != nil {
			return answer{Result: "failed", Message: err.Error()}
		}
		started = append(started, worker)
	}
	*workers = started
	return answer{OK: true}
}

// each parses line into request and lets every worker do it.
func each(line []byte, request any, workers []*worker, do func(*worker) error) any {
	if err := parse(line, request); err != nil {
		return refusal(err)
	}
	for _, worker := range workers {
		if err := do(worker); err != nil {
			return refusal(err)
		}
	}
	return answer{OK: true}
}

// call flushes or shuts down, with a context that ends when the caller's time is over.
func call(line []byte, workers []*worker, call func(provider, context.Context) error) any {
	var request callRequest
	if err := parse(line, &request); err != nil {
		return refusal(err)
	}
	ctx := context.Background()
	if request.TimeoutMS != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, milliseconds(*request.TimeoutMS))
		defer cancel()
	}
	began := time.Now()
	errs := make([]error, len(workers))
	var calls sync.WaitGroup
	for index, worker := range workers {
		calls.Go(func() { errs[index] = call(worker.provider, ctx) })
	}
	calls.Wait()
	elapsed := time.Since(began).Milliseconds()
	err := errors.Join(errs...)
	if err == nil {
		return answer{OK: true, Result: "ok", ElapsedMS: &elapsed}
	}
	result := "failed"
	switch {
	case errors.Is(err, sdkmetric.ErrReaderShutdown):
		result = "already_shut_down"
	case errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil:
		result = "timeout"
	}
	return answer{Result: result, Message: err.Error(), ElapsedMS: &elapsed}
}

func refusal(err error) answer { return answer{Message: err.Error()} }

// parse reads one request; keys that it does not know are errors. Numbers in values stay as they are written.
func parse(line []byte, request any) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	if err := decoder.Decode(request); err != nil {
		return fmt.Errorf("not a request: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("not a request: there is more than one value")
	}
	return nil
}
