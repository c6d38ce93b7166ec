package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/trace"
)

// item is the name of a span, the body of a log record, and the key of its number.
const item = "otelbox.item"

var (
	errNoInstruments = errors.New("there are no instruments")
	errCallback      = errors.New("the callback fails, as the scenario asks for")

	// The span of another process that links and log records refer to.
	remoteSpan = trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{
			0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c,
		},
		SpanID:     trace.SpanID{0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31},
		TraceFlags: trace.FlagsSampled,
		Remote:     true,
	})
	unsampledSpan = remoteSpan.WithTraceFlags(0)

	spanKinds = map[string]trace.SpanKind{
		"": trace.SpanKindInternal, "internal": trace.SpanKindInternal, "server": trace.SpanKindServer,
		"client": trace.SpanKindClient, "producer": trace.SpanKindProducer, "consumer": trace.SpanKindConsumer,
	}
)

// emit makes spans or log records, one after another.
func (w *worker) emit(items *items) error {
	common, err := items.Attributes.keyValues()
	if err != nil {
		return err
	}
	for number := items.FirstItem; number < items.FirstItem+items.Items; number++ {
		keyValues := append(slices.Clone(common), attribute.Int64(item, number))
		switch {
		case w.tracer != nil:
			if err := w.emitSpan(items, keyValues); err != nil {
				return err
			}
		case w.logger != nil:
			w.emitLogRecord(items, keyValues)
		default:
			return errors.New("items are emitted by tracers and loggers")
		}
	}
	return nil
}

func (w *worker) emitSpan(items *items, keyValues []attribute.KeyValue) error {
	kind, ok := spanKinds[items.Span.Kind]
	if !ok {
		return fmt.Errorf("there is no span kind %q", items.Span.Kind)
	}
	options := []trace.SpanStartOption{trace.WithSpanKind(kind), trace.WithAttributes(keyValues...)}
	for _, link := range items.Span.Links {
		keyValues, err := link.Attributes.keyValues()
		if err != nil {
			return err
		}
		options = append(options, trace.WithLinks(trace.Link{SpanContext: remoteSpan, Attributes: keyValues}))
	}
	ctx := context.Background()
	if items.Unsampled {
		ctx = trace.ContextWithRemoteSpanContext(ctx, unsampledSpan)
	}
	_, span := w.tracer.Start(ctx, item, options...)
	defer span.End()
	for _, event := range items.Span.Events {
		keyValues, err := event.Attributes.keyValues()
		if err != nil {
			return err
		}
		span.AddEvent(event.Name, trace.WithAttributes(keyValues...))
	}
	return setStatus(span, items.Span.Status)
}

// setStatus sets what is either "ok" or {"error": description}; nothing where it is absent.
func setStatus(span trace.Span, status json.RawMessage) error {
	var word string
	var failure struct {
		Error string `json:"error"`
	}
	switch {
	case status == nil:
		return nil
	case json.Unmarshal(status, &word) == nil && word == "ok":
		span.SetStatus(codes.Ok, "")
	case json.Unmarshal(status, &failure) == nil:
		span.SetStatus(codes.Error, failure.Error)
	default:
		return fmt.Errorf("there is no status %s", status)
	}
	return nil
}

func (w *worker) emitLogRecord(items *items, keyValues []attribute.KeyValue) {
	ctx := context.Background()
	if items.InSpan {
		ctx = trace.ContextWithRemoteSpanContext(ctx, remoteSpan)
	}
	var record log.Record
	record.SetSeverity(log.SeverityInfo)
	record.SetSeverityText("INFO")
	record.SetBody(attribute.StringValue(item))
	record.AddAttributes(keyValues...)
	w.logger.Emit(ctx, record)
}
