package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// provider is what the three providers have in common.
type provider interface {
	ForceFlush(context.Context) error
	Shutdown(context.Context) error
}

// worker is a provider and what is done with it: one of instruments, tracer and logger.
type worker struct {
	provider    provider
	instruments *instruments
	tracer      trace.Tracer
	logger      log.Logger
}

func newWorker(ctx context.Context, request *startRequest, more attributes) (*worker, error) {
	resource, err := newResource(request.Resource, more)
	if err != nil {
		return nil, err
	}
	name, version := "otelbox", ""
	if request.Meter != nil {
		name, version = request.Meter.Name, request.Meter.Version
	}
	switch request.Signal {
	case "", "metrics":
		provider, err := newMeterProvider(ctx, request, resource)
		if err != nil {
			return nil, err
		}
		meter := provider.Meter(name, metric.WithInstrumentationVersion(version))
		instruments, err := newInstruments(meter, request.Instruments)
		return &worker{provider: provider, instruments: instruments}, err
	case "traces":
		provider, err := newTracerProvider(ctx, &request.Configuration, resource)
		if err != nil {
			return nil, err
		}
		tracer := provider.Tracer(name, trace.WithInstrumentationVersion(version))
		return &worker{provider: provider, tracer: tracer}, nil
	case "logs":
		provider, err := newLoggerProvider(ctx, &request.Configuration, resource)
		if err != nil {
			return nil, err
		}
		logger := provider.Logger(name, log.WithInstrumentationVersion(version))
		return &worker{provider: provider, logger: logger}, nil
	}
	return nil, fmt.Errorf("there is no signal %q", request.Signal)
}

// newResource is nil where nothing is set in code: the providers have a default.
func newResource(own, more attributes) (*resource.Resource, error) {
	if len(own) == 0 && len(more) == 0 {
		return nil, nil
	}
	ownKeyValues, err := own.keyValues()
	if err != nil {
		return nil, err
	}
	moreKeyValues, err := more.keyValues()
	if err != nil {
		return nil, err
	}
	return resource.Merge(resource.Default(), resource.NewSchemaless(append(ownKeyValues, moreKeyValues...)...))
}

func newMeterProvider(ctx context.Context, request *startRequest, resource *resource.Resource) (
	*sdkmetric.MeterProvider, error,
) {
	reader, err := newReader(ctx, &request.Configuration)
	if err != nil {
		return nil, err
	}
	options := []sdkmetric.Option{sdkmetric.WithReader(reader)}
	if resource != nil {
		options = append(options, sdkmetric.WithResource(resource))
	}
	for _, spec := range request.Views {
		view, err := newView(&spec)
		if err != nil {
			return nil, err
		}
		options = append(options, sdkmetric.WithView(view))
	}
	return sdkmetric.NewMeterProvider(options...), nil
}

// newReader is autoexport's where everything is left to the environment. It takes no options.
func newReader(ctx context.Context, c *configuration) (sdkmetric.Reader, error) {
	if c.IntervalMS == nil && c.TimeoutMS == nil && c.Temporality == nil && !c.setsExporter() {
		return autoexport.NewMetricReader(ctx)
	}
	temporality, err := temporalitySelector(c.Temporality)
	if err != nil {
		return nil, err
	}
	exporter, err := newMetricExporter(ctx, c, temporality)
	if err != nil {
		return nil, err
	}
	var options []sdkmetric.PeriodicReaderOption
	if c.IntervalMS != nil {
		options = append(options, sdkmetric.WithInterval(milliseconds(*c.IntervalMS)))
	}
	if c.TimeoutMS != nil {
		options = append(options, sdkmetric.WithTimeout(milliseconds(*c.TimeoutMS)))
	}
	return sdkmetric.NewPeriodicReader(exporter, options...), nil
}

// temporalitySelector is nil where the temporality is not set in code.
func temporalitySelector(preference json.RawMessage) (sdkmetric.TemporalitySelector, error) {
	if preference == nil {
		return nil, nil
	}
	var preset string
	if json.Unmarshal(preference, &preset) == nil {
		switch preset {
		case "cumulative":
			return sdkmetric.CumulativeTemporalitySelector, nil
		case "delta":
			return sdkmetric.DeltaTemporalitySelector, nil
		case "lowmemory":
			return sdkmetric.LowMemoryTemporalitySelector, nil
		}
		return nil, fmt.Errorf("there is no temporality %q", preset)
	}
	var perKind map[string]string
	if err := json.Unmarshal(preference, &perKind); err != nil {
		return nil, err
	}
	isDelta := map[sdkmetric.InstrumentKind]bool{}
	for name, temporality := range perKind {
		kind, err := instrumentKind(name)
		if err != nil {
			return nil, err
		}
		isDelta[kind] = temporality == "delta"
	}
	return func(kind sdkmetric.InstrumentKind) metricdata.Temporality {
		if isDelta[kind] {
			return metricdata.DeltaTemporality
		}
		return metricdata.CumulativeTemporality
	}, nil
}

func newTracerProvider(ctx context.Context, c *configuration, resource *resource.Resource) (
	*sdktrace.TracerProvider, error,
) {
	exporter, err := newSpanExporter(ctx, c)
	if err != nil {
		return nil, err
	}
	var processor sdktrace.SpanProcessor
	if c.Processor == "simple" {
		processor = sdktrace.NewSimpleSpanProcessor(exporter)
	} else {
		var options []sdktrace.BatchSpanProcessorOption
		if c.MaxQueueSize != nil {
			options = append(options, sdktrace.WithMaxQueueSize(*c.MaxQueueSize))
		}
		if c.MaxExportBatchSize != nil {
			options = append(options, sdktrace.WithMaxExportBatchSize(*c.MaxExportBatchSize))
		}
		if c.ScheduleDelayMS != nil {
			options = append(options, sdktrace.WithBatchTimeout(milliseconds(*c.ScheduleDelayMS)))
		}
		if c.ExportTimeoutMS != nil {
			options = append(options, sdktrace.WithExportTimeout(milliseconds(*c.ExportTimeoutMS)))
		}
		processor = sdktrace.NewBatchSpanProcessor(exporter, options...)
	}
	options := []sdktrace.TracerProviderOption{sdktrace.WithSpanProcessor(processor)}
	if resource != nil {
		options = append(options, sdktrace.WithResource(resource))
	}
	return sdktrace.NewTracerProvider(options...), nil
}

func newLoggerProvider(ctx context.Context, c *configuration, resource *resource.Resource) (
	*sdklog.LoggerProvider, error,
) {
	exporter, err := newLogExporter(ctx, c)
	if err != nil {
		return nil, err
	}
	var processor sdklog.Processor
	if c.Processor == "simple" {
		processor = sdklog.NewSimpleProcessor(exporter)
	} else {
		var options []sdklog.BatchProcessorOption
		if c.MaxQueueSize != nil {
			options = append(options, sdklog.WithMaxQueueSize(*c.MaxQueueSize))
		}
		if c.MaxExportBatchSize != nil {
			options = append(options, sdklog.WithExportMaxBatchSize(*c.MaxExportBatchSize))
		}
		if c.ScheduleDelayMS != nil {
			options = append(options, sdklog.WithExportInterval(milliseconds(*c.ScheduleDelayMS)))
		}
		if c.ExportTimeoutMS != nil {
			options = append(options, sdklog.WithExportTimeout(milliseconds(*c.ExportTimeoutMS)))
		}
		processor = sdklog.NewBatchProcessor(exporter, options...)
	}
	options := []sdklog.LoggerProviderOption{sdklog.WithProcessor(processor)}
	if resource != nil {
		options = append(options, sdklog.WithResource(resource))
	}
	return sdklog.NewLoggerProvider(options...), nil
}

func instrumentKind(name string) (sdkmetric.InstrumentKind, error) {
	kinds := map[string]sdkmetric.InstrumentKind{
		"counter":                    sdkmetric.InstrumentKindCounter,
		"up_down_counter":            sdkmetric.InstrumentKindUpDownCounter,
		"histogram":                  sdkmetric.InstrumentKindHistogram,
		"gauge":                      sdkmetric.InstrumentKindGauge,
		"observable_counter":         sdkmetric.InstrumentKindObservableCounter,
		"observable_up_down_counter": sdkmetric.InstrumentKindObservableUpDownCounter,
		"observable_gauge":           sdkmetric.InstrumentKindObservableGauge,
	}
	kind, ok := kinds[name]
	if !ok {
		return kind, errors.New("there is no instrument kind " + name)
	}
	return kind, nil
}
