package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// setsExporter tells whether an exporter is built in code. Where none of its settings is, users let autoexport build it.
func (c *configuration) setsExporter() bool {
	return c.ExporterTimeoutMS != nil || c.Headers != nil || c.Compression != "" || c.Endpoint != ""
}

// isGRPC decides which package an exporter with settings in code is from: the program's choice, not the SDK's. The
// variables are those that autoexport reads where nothing is set in code.
func isGRPC(variable string) (bool, error) {
	protocol := os.Getenv(variable)
	if protocol == "" {
		protocol = os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL")
	}
	switch protocol {
	case "grpc":
		return true, nil
	case "http/protobuf", "":
		return false, nil
	}
	return false, fmt.Errorf("there is no exporter for %q", protocol)
}

// exporterOptions are the options of c, made by the functions of one of the six packages.
func exporterOptions[O any](
	c *configuration,
	timeout func(time.Duration) O,
	headers func(map[string]string) O,
	compression func(string) O,
	endpoint func(string) O,
) []O {
	var options []O
	if c.ExporterTimeoutMS != nil {
		options = append(options, timeout(milliseconds(*c.ExporterTimeoutMS)))
	}
	if c.Headers != nil {
		options = append(options, headers(c.Headers))
	}
	if c.Compression != "" {
		options = append(options, compression(c.Compression))
	}
	if c.Endpoint != "" {
		options = append(options, endpoint(c.Endpoint))
	}
	return options
}

func newMetricExporter(ctx context.Context, c *configuration, temporality sdkmetric.TemporalitySelector) (
	sdkmetric.Exporter, error,
) {
	grpc, err := isGRPC("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL")
	if err != nil {
		return nil, err
	}
	if grpc {
		options := exporterOptions(c, otlpmetricgrpc.WithTimeout, otlpmetricgrpc.WithHeaders,
			otlpmetricgrpc.WithCompressor, otlpmetricgrpc.WithEndpointURL)
		if temporality != nil {
			options = append(options, otlpmetricgrpc.WithTemporalitySelector(temporality))
		}
		return otlpmetricgrpc.New(ctx, options...)
	}
	compression := func(name string) otlpmetrichttp.Option {
		if name == "gzip" {
			return otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression)
		}
		return otlpmetrichttp.WithCompression(otlpmetrichttp.NoCompression)
	}
	options := exporterOptions(c, otlpmetrichttp.WithTimeout, otlpmetrichttp.WithHeaders,
		compression, otlpmetrichttp.WithEndpointURL)
	if temporality != nil {
		options = append(options, otlpmetrichttp.WithTemporalitySelector(temporality))
	}
	return otlpmetrichttp.New(ctx, options...)
}

func newSpanExporter(ctx context.Context, c *configuration) (sdktrace.SpanExporter, error) {
	if !c.setsExporter() {
		return autoexport.NewSpanExporter(ctx)
	}
	grpc, err := isGRPC("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
	if err != nil {
		return nil, err
	}
	if grpc {
		return otlptracegrpc.New(ctx, exporterOptions(c, otlptracegrpc.WithTimeout, otlptracegrpc.WithHeaders,
			otlptracegrpc.WithCompressor, otlptracegrpc.WithEndpointURL)...)
	}
	compression := func(name string) otlptracehttp.Option {
		if name == "gzip" {
			return otlptracehttp.WithCompression(otlptracehttp.GzipCompression)
		}
		return otlptracehttp.WithCompression(otlptracehttp.NoCompression)
	}
	return otlptracehttp.New(ctx, exporterOptions(c, otlptracehttp.WithTimeout, otlptracehttp.WithHeaders,
		compression, otlptracehttp.WithEndpointURL)...)
}

func newLogExporter(ctx context.Context, c *configuration) (sdklog.Exporter, error) {
	if !c.setsExporter() {
		return autoexport.NewLogExporter(ctx)
	}
	grpc, err := isGRPC("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL")
	if err != nil {
		return nil, err
	}
	if grpc {
		return otlploggrpc.New(ctx, exporterOptions(c, otlploggrpc.WithTimeout, otlploggrpc.WithHeaders,
			otlploggrpc.WithCompressor, otlploggrpc.WithEndpointURL)...)
	}
	compression := func(name string) otlploghttp.Option {
		if name == "gzip" {
			return otlploghttp.WithCompression(otlploghttp.GzipCompression)
		}
		return otlploghttp.WithCompression(otlploghttp.NoCompression)
	}
	return otlploghttp.New(ctx, exporterOptions(c, otlploghttp.WithTimeout, otlploghttp.WithHeaders,
		compression, otlploghttp.WithEndpointURL)...)
}
